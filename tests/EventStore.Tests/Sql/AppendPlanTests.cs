using System.Globalization;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Npgsql;

namespace Monolith.EventStore.Tests.Sql;

/// <summary>Planning an append can take longer than the append: the server keeps one plan of each statement.</summary>
public sealed class AppendPlanTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(20, 1)]
    [InlineData(1, 3)]
    [InlineData(1, 40)]
    [InlineData(3, 3)]
    public async Task Appends_are_planned_a_few_times_and_not_each_time(int atOnce, int events)
    {
        await using var database = await postgres.CreateDatabase(Ledger.Database, Ct);
        var connection = new NpgsqlConnectionStringBuilder(ConnectionStrings.Tune(database.ConnectionString)) { MaxPoolSize = 1 };
        await using var dataSource = NpgsqlDataSource.Create(connection);
        await using var store = new PostgresEventStore(dataSource, Ledger.Model, new() { AppendLanes = 1 });
        var streams = Enumerable.Range(0, atOnce + 1).Select(_ => new StreamId("acme", "ledger", Guid.CreateVersion7())).ToArray();

        for (var round = 0; round < 30; round++)
        {
            // The first takes the only lane, and the others leave together behind it.
            await Task.WhenAll(streams.Select(stream => store.Append(
                new(stream, ExpectedVersion.Exactly(round * events), [.. Enumerable.Range(0, events).Select(n => NewEvent.Of(new Entered(n, "planned")))]), Ct)));
        }

        var plans = await dataSource.Column<string>(
            "select custom_plans || ' of ' || generic_plans + custom_plans from pg_prepared_statements where statement like '%insert into eventstore.events_ledger%'", Ct);
        Assert.NotEmpty(plans);
        Assert.All(plans, counts => Assert.InRange(int.Parse(counts.Split(' ')[0], CultureInfo.InvariantCulture), 0, 5));
        Assert.Contains(plans, counts => int.Parse(counts.Split(' ')[^1], CultureInfo.InvariantCulture) > 20);
    }
}
