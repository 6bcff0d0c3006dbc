using Monolith.LoadTest.Arrivals;
using Monolith.LoadTest.Hosts;
using Monolith.LoadTest.Reporting;
using Monolith.LoadTest.Stores;
using Npgsql;

namespace Monolith.LoadTest.Scenarios;

/// <summary>How long do commands and queries take over HTTP, through everything that stands before the store? Against a host that runs, or one that is started for it.</summary>
internal static class CommandsRun
{
    private const string TokenVariable = "MONOLITH_LOAD_TOKEN";
    private const double Megabyte = 1024 * 1024;

    public static async Task Run(Run run)
    {
        if (run.Options.Url is { } url)
        {
            run.Report.DescribeMachine("The host runs elsewhere or by itself: what it and its database run on, and with which settings, this program cannot know.");
            await Measure(run, url, run.Options.Token ?? Environment.GetEnvironmentVariable(TokenVariable) ?? Own(url));
            return;
        }

        var connectionString = await LoadDatabase.CreateEmpty(run.Server);
        try
        {
            await using (var dataSource = NpgsqlDataSource.Create(connectionString))
            {
                await run.Report.DescribeMachine(dataSource);
            }

            var (host, address) = await MonolithHost.Start(connectionString);
            await using (host)
            {
                await Measure(run, address, MonolithHost.Token());
                run.Report.Add($"The host ran in Development with its defaults, built as {(host.Folder.Contains("Debug", StringComparison.Ordinal) ? "Debug" : "Release")}; at the end it had {host.Memory / Megabyte:F0} MB resident.");
            }
        }
        finally
        {
            await LoadDatabase.Drop(run.Server);
        }
    }

    private static async Task Measure(Run run, Uri url, string token)
    {
        var options = run.Options;
        using var bank = Bank.At(url, token, options.UnderWay);
        Report.Line($"opening {options.Streams:N0} accounts");
        var accounts = await bank.Open(options.Streams, run.Stop);
        var meters = await new OpenLoop(options.Loop).Run(
            run.Stop,
            Requests("POST deposits", 0.3, 0, bank.Deposit),
            Requests("POST withdrawals", 0.2, 1, bank.Withdraw),
            Requests("GET account", 0.4, 2, bank.Show),
            Requests("GET statement", 0.1, 3, bank.ShowStatement));
        run.Report.Add($"{options.Rate:N0} requests a second for {options.Seconds} s, for {accounts.Length:N0} accounts of one tenant; the time is that of this client, connection and body included.\n");
        run.Report.AddPercentiles(meters);
        run.Report.Add($"`rate_limited` is the limit of the tenant (429); until its `Retry-After` is over nothing is sent, which counts as `{Bank.HeldBack}`.\n");
        run.Report.Result("deposit_p99_ms", meters[0].SinceDue.At(99));
        run.Report.Result("account_p99_ms", meters[2].SinceDue.At(99));
        run.Report.Result("statement_p99_ms", meters[3].SinceDue.At(99));
        run.Report.Result("failed", meters.Sum(meter => meter.Failed));
        UnsoundException.Unless(!options.IsDry || meters.All(meter => meter.Failed == 0), "Requests failed.");

        Workload Requests(string name, double share, int number, Func<Guid, CancellationToken, Task<string?>> send)
        {
            var random = new Random(options.Seed + number);
            return new(name, options.Rate * share, (_, ct) => send(accounts[random.Next(accounts.Length)], ct));
        }
    }

    private static string Own(Uri url) => url.IsLoopback
        ? MonolithHost.Token()
        : throw new FormatException($"A host elsewhere needs a token, by --token or {TokenVariable}.");
}
