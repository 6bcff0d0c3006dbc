using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Monolith.Benchmarks;

/// <summary>How much is measured.</summary>
internal enum Effort
{
    /// <summary>Each benchmark once and with little data, to see that it runs.</summary>
    Dry,

    /// <summary>The same questions in few iterations, and fewer cases where there are many: half a minute a suite.</summary>
    Quick,

    /// <summary>What is quoted.</summary>
    Full,
}

internal static class Efforts
{
    /// <summary>In this process, because one database server serves all of them and what is measured is mostly on its side.</summary>
    public static Job Job(this Effort effort)
    {
        // Neither a hundred calls of nothing nor unrolled loops tell anything about what takes a round trip.
        var job = BenchmarkDotNet.Jobs.Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithEvaluateOverhead(false).WithUnrollFactor(1);
        return effort switch
        {
            Effort.Dry => job.WithWarmupCount(0).WithIterationCount(1).WithInvocationCount(1),
            Effort.Quick => job.WithWarmupCount(1).WithIterationCount(5).WithMinInvokeCount(1).WithIterationTime(TimeInterval.FromMilliseconds(250)),
            _ => job.WithWarmupCount(3).WithIterationCount(12),
        };
    }

    /// <summary>The cases of a suite.</summary>
    public static T[] Of<T>(this Effort effort, T[] dry, T[] quick, T[] full) => effort switch
    {
        Effort.Dry => dry,
        Effort.Quick => quick,
        _ => full,
    };
}
