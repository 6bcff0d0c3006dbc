using Monolith.LoadTest;

const string Usage =
    """
    rebuild    [--events 1000000]                              rebuilds a read model while it is read, kills the host in the middle, and measures memory and speed
    freshness  [--rate 500] [--seconds 60] [--warm-up 10]      measures the time from an append to the row that shows it
    Both: [--out <file>] writes what was found to a file too
    MONOLITH_BENCHMARK_POSTGRES names another server than a private one by connection string
    """;

try
{
    var options = LoadOptions.Parse(args);
    switch (options.Command)
    {
        case "rebuild":
            await RebuildRun.Run(options);
            return 0;
        case "freshness":
            await FreshnessRun.Run(options);
            return 0;
        case "host":
            await ProjectingHost.Run(options.Version);
            return 0;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n{Usage}");
    return 2;
}
catch (UnsoundException unsound)
{
    Console.Error.WriteLine(unsound.Message);
    return 1;
}
