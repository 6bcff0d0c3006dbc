using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Monolith.Benchmarks.Tests;

public sealed class SuiteTests
{
    public static TheoryData<Type> PreparedByIteration =>
        [.. typeof(ProjectionCatchUp).Assembly.GetTypes().Where(type => type.GetMethods().Any(method => method.GetCustomAttribute<IterationSetupAttribute>() is not null))];

    // BenchmarkDotNet would call it several times after one set-up, and divide by their number: of all but the first nothing is left to do.
    [Theory]
    [MemberData(nameof(PreparedByIteration))]
    public void What_is_set_up_for_an_iteration_is_called_once_in_it(Type suite)
    {
        var job = Assert.Single(Assert.Single(suite.GetCustomAttributes<InvocationCountAttribute>()).Config.GetJobs());
        Assert.Equal(1, job.Run.InvocationCount);
    }
}
