using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using Monolith.Benchmarks;
using Monolith.Benchmarks.Gate;

if (args is ["release", .. var asked])
{
    try
    {
        return await ReleaseGate.Run(asked);
    }
    finally
    {
        await Benchmark.DisposeServer();
    }
}

Benchmark.Effort = args.Contains("--dry", StringComparer.Ordinal) ? Effort.Dry
    : args.Contains("--quick", StringComparer.Ordinal) ? Effort.Quick
    : Effort.Full;
var config = ManualConfig.CreateEmpty()
    .AddJob(Benchmark.Effort.Job())
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddExporter(MarkdownExporter.GitHub)
    .WithArtifactsPath(Path.Combine(Directory.GetCurrentDirectory(), "BenchmarkDotNet.Artifacts"))
    .WithOptions(ConfigOptions.DisableOptimizationsValidator);
if (Benchmark.Effort == Effort.Full)
{
    config.AddDiagnoser(MemoryDiagnoser.Default);
}

try
{
    var summaries = BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly)
        .Run([.. args.Where(argument => argument is not ("--dry" or "--quick"))], config)
        .ToList();
    var isWhole = summaries.Count > 0 && summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success));
    return isWhole && !Benchmark.HasFailed ? 0 : 1;
}
finally
{
    await Benchmark.DisposeServer();
}
