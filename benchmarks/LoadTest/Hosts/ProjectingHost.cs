using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Hosting;
using Monolith.LoadTest.Stores;
using Npgsql;

namespace Monolith.LoadTest.Hosts;

/// <summary>A process that runs the projection and nothing else, so that its memory is that of the runner and it can be killed. It ends with its input.</summary>
internal static class ProjectingHost
{
    /// <summary>What it says when it has caught up with what was stored when it began.</summary>
    public const string CaughtUp = "caught up";

    public static async Task Run(int version)
    {
        // Its first line is the connection string: a password does not belong on a command line.
        var connectionString = (await Console.In.ReadLineAsync())!;
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var store = new PostgresEventStore(dataSource, Histories.Model);
        await using var documents = LoadDatabase.OpenDocuments(dataSource);
        await using var runner = new ProjectionRunner(
            dataSource, Histories.Model, store, new(Histories.Model, [new LedgerViews(version)]), new MartenViewStore(documents));
        await runner.StartAsync(CancellationToken.None);
        await runner.WaitForAll(await store.Feed.Refresh(), TimeSpan.FromHours(1));
        await Console.Out.WriteLineAsync(CaughtUp);
        await Console.In.ReadToEndAsync();
    }
}
