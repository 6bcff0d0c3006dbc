using System.Runtime.InteropServices;
using Monolith.LoadTest;
using Monolith.LoadTest.Hosts;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;

// Ctrl+C once, or SIGTERM: say what was found so far. Twice: end.
using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await using var server = new LoadServer();
try
{
    switch (args.FirstOrDefault())
    {
        case "host":
            await ProjectingHost.Run(new LoadOptions().With(args[1..]).Version);
            return 0;
        case "all":
            foreach (var scenario in Scenario.All)
            {
                await Start(scenario);
            }

            return 0;
        case { } name when Scenario.All.FirstOrDefault(scenario => scenario.Name == name) is { } scenario:
            await Start(scenario);
            return stop.IsCancellationRequested ? 130 : 0;
        default:
            Console.Error.WriteLine(Usage.Text);
            return 2;
    }
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n\n{Usage.Text}");
    return 2;
}
catch (UnsoundException unsound)
{
    Console.Error.WriteLine(unsound.Message);
    return 1;
}

async Task Start(Scenario scenario)
{
    var options = (args.Contains("--dry", StringComparer.Ordinal) ? scenario.Dry : scenario.Defaults).With(args[1..]);
    var report = new Report(scenario.Name, scenario.Title);
    Report.Line($"{scenario.Name} begins");
    try
    {
        await scenario.Start(new(options, server, report, stop.Token));
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        // It was in the middle of what has no half: the report says what came before.
    }

    if (stop.IsCancellationRequested)
    {
        report.Add($"\nStopped before its end.");
    }

    await report.Write(options.Out);
}

void Stop(PosixSignalContext signal)
{
    if (!stop.IsCancellationRequested)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}
