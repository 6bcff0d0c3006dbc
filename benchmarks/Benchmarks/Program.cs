using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Monolith.Benchmarks;

// In this process, because one database server serves all of them and what is measured is mostly on its side.
var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
job = args.Contains("--dry", StringComparer.Ordinal)
    ? job.WithWarmupCount(0).WithIterationCount(1).WithInvocationCount(1).WithUnrollFactor(1)
    : job.WithWarmupCount(3).WithIterationCount(12);

Benchmark.IsDry = args.Contains("--dry", StringComparer.Ordinal);
var config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddExporter(MarkdownExporter.GitHub)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .WithArtifactsPath(Path.Combine(Directory.GetCurrentDirectory(), "BenchmarkDotNet.Artifacts"))
    .WithOptions(ConfigOptions.DisableOptimizationsValidator);

try
{
    var summaries = BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly)
        .Run([.. args.Where(argument => argument != "--dry")], config)
        .ToList();
    return summaries.Count > 0 && summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
}
finally
{
    await Benchmark.DisposeServer();
}
