using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Marten;
using Marten.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Hosting;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Features;
using Monolith.Webhooks.Integration;
using Monolith.Webhooks.Tests.Hosts;
using Npgsql;

namespace Monolith.Webhooks.Tests;

/// <summary>The plans of the very statements that are sent, on a log that is large enough to mean it: 100 endpoints of two tenants, 500 deliveries each, one in fifty not delivered.</summary>
public sealed class DeliveryPlanTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Log = "mt_doc_delivery_idx_log";
    private const string Undelivered = "mt_doc_delivery_idx_undelivered";
    private const string Age = "mt_doc_delivery_idx_age";
    private static readonly Guid Endpoint = Guid.Parse("00000000-0000-0000-0000-000000000007");
    private static readonly DateTimeOffset Middle = new(2026, 1, 15, 0, 0, 0, TimeSpan.Zero);

    private static readonly DatabaseTemplate Filled = new("delivery plans", async connectionString =>
    {
        await using var app = WebhooksHost.Build(connectionString, "Development", log: null);
        await using var dataSource = app.Services.GetRequiredService<NpgsqlDataSource>();
        await app.PrepareDatabase();
        await dataSource.Execute(
            """
            insert into webhooks.mt_doc_delivery (tenant_id, id, data, mt_last_modified, mt_version, mt_dotnet_type)
            select
              case when e % 2 = 0 then 'globex' else 'acme' end,
              gen_random_uuid(),
              jsonb_build_object(
                'endpointId', ('00000000-0000-0000-0000-' || lpad(e::text, 12, '0'))::uuid, 'event', 'users.user_registered', 'body', repeat('x', 300), 'round', 0, 'attempts', 1,
                'status', case when n % 50 = 0 then (array['Waiting', 'Held', 'Parked'])[1 + (n / 50) % 3] else 'Delivered' end, 'occurredAt', timestamptz '2026-01-01' + n * interval '1 hour'),
              now(), gen_random_uuid(), ''
            from generate_series(1, 500) as n, generate_series(1, 100) as e
            """,
            CancellationToken.None);
        await dataSource.Execute("vacuum analyze webhooks.mt_doc_delivery", CancellationToken.None);
    });

    private TestDatabase? database;
    private WebApplication? host;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await postgres.CreateDatabase(Filled, Ct);
        host = WebhooksHost.Build(database.ConnectionString, "Development", log: null);
    }

    public async ValueTask DisposeAsync()
    {
        await host!.Services.GetRequiredService<NpgsqlDataSource>().DisposeAsync();
        await host.DisposeAsync();
        await database!.DisposeAsync();
    }

    [Fact]
    public async Task A_page_of_the_log_is_read_along_its_index_and_not_sorted()
    {
        var newest = await Plan(session => ListDeliveriesHandler.Handle(new(Endpoint, Status: null, Before: null, BeforeId: null, 50), session, Ct));
        var older = await Plan(session => ListDeliveriesHandler.Handle(new(Endpoint, Status: null, Middle, BeforeId: null, 50), session, Ct));
        var next = await Plan(session => ListDeliveriesHandler.Handle(new(Endpoint, Status: null, Middle, Guid.NewGuid(), 50), session, Ct));

        Assert.All([newest, older, next], plan => Assert.Equal((Log, false), (plan.Index, plan.Sorts)));
    }

    [Fact]
    public async Task What_has_not_arrived_is_read_by_its_status()
    {
        var parked = await Plan(session => ListDeliveriesHandler.Handle(new(Endpoint, DeliveryStatus.Parked, Middle, BeforeId: null, 50), session, Ct));
        var held = await Plan(session => SendHeldHandler.Held(session, Endpoint, Ct));

        Assert.All([parked, held], plan => Assert.Equal(Undelivered, plan.Index));
    }

    [Fact]
    public async Task A_period_is_read_along_the_index_and_not_sorted()
    {
        var period = await Plan(session => ReplayDeliveriesHandler.Asked(session, new(Endpoint, DeliveryId: null, Middle, Middle.AddDays(2), After: null), Ct));
        var rest = await Plan(session => ReplayDeliveriesHandler.Asked(session, new(Endpoint, DeliveryId: null, Middle, Middle.AddDays(2), Guid.NewGuid()), Ct));

        Assert.All([period, rest], plan => Assert.Equal((Log, false), (plan.Index, plan.Sorts)));
    }

    [Fact]
    public async Task What_is_too_old_is_found_by_its_age()
    {
        var old = await Plan(session =>
        {
            DeliveryCleaning.Remove(session, new(2026, 1, 1, 2, 0, 0, TimeSpan.Zero));
            return session.SaveChangesAsync(Ct);
        });

        Assert.Equal(Age, old.Index);
    }

    [Fact]
    public async Task Metrics_read_and_tell_nothing_but_what_has_not_arrived()
    {
        await using var connection = await database!.DataSource.OpenConnectionAsync(Ct);
        var plan = await Explain(connection, DeliverySample.Statement, [new NpgsqlParameter<int> { TypedValue = DeliverySample.MostCounted }, new NpgsqlParameter<DateTimeOffset> { TypedValue = Middle }]);

        Assert.Equal(Undelivered, plan.Index);
        var sample = new DeliverySample(TimeProvider.System);
        await sample.Take(connection, Ct);
        using var meter = new Meter("sampled");
        sample.Describe(meter);
        Assert.Equal([("held", 400), ("parked", 300), ("waiting", 300)], Deliveries(meter).Order());
    }

    private static List<(string Status, long Count)> Deliveries(Meter meter)
    {
        var read = new List<(string, long)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == meter && instrument.Name == "monolith.webhooks.deliveries")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => read.Add(((string)tags[0].Value!, count)));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }

    private async Task<(string Index, bool Sorts)> Plan(Func<IDocumentSession, Task> read)
    {
        var sent = new Sent();
        await using (var session = host!.Services.GetRequiredService<IDocumentStore>().LightweightSession("acme"))
        {
            session.Logger = sent;
            await read(session);
        }

        await using var connection = await database!.DataSource.OpenConnectionAsync(Ct);
        var (statement, values) = Assert.Single(sent.Statements);
        return await Explain(connection, statement, values);
    }

    // The one index by which deliveries are read; "none" where they are read whole.
    private static async Task<(string Index, bool Sorts)> Explain(NpgsqlConnection connection, string statement, IReadOnlyList<NpgsqlParameter> values)
    {
        await using var explain = new NpgsqlCommand($"explain (format json) {statement}", connection);
        foreach (var value in values)
        {
            explain.Parameters.Add(value);
        }

        var nodes = Nodes(JsonNode.Parse((string)(await explain.ExecuteScalarAsync(Ct))!)![0]!["Plan"]!).ToList();
        var reads = nodes.Where(node => (string?)node["Relation Name"] == "mt_doc_delivery" && (string)node["Node Type"]! == "Seq Scan").Select(_ => "none")
            .Concat(nodes.Select(node => (string?)node["Index Name"]).OfType<string>().Where(index => index.Contains("delivery", StringComparison.Ordinal)));
        return (string.Join(' ', reads.Distinct(StringComparer.Ordinal)), nodes.Exists(node => ((string)node["Node Type"]!).Contains("Sort", StringComparison.Ordinal)));
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode node) => [node, .. (node["Plans"]?.AsArray() ?? []).SelectMany(child => Nodes(child!))];

    /// <summary>What a session has sent.</summary>
    private sealed class Sent : IMartenSessionLogger
    {
        public List<(string Statement, IReadOnlyList<NpgsqlParameter> Values)> Statements { get; } = [];

        public void LogSuccess(NpgsqlCommand command) => Keep(command.CommandText, command.Parameters);

        public void LogSuccess(NpgsqlBatch batch)
        {
            foreach (NpgsqlBatchCommand command in batch.BatchCommands)
            {
                Keep(command.CommandText, command.Parameters);
            }
        }

        public void LogFailure(NpgsqlCommand command, Exception ex)
        {
        }

        public void LogFailure(NpgsqlBatch batch, Exception ex)
        {
        }

        public void LogFailure(Exception ex, string message)
        {
        }

        public void RecordSavedChanges(IDocumentSession session, IChangeSet commit)
        {
        }

        public void OnBeforeExecute(NpgsqlCommand command)
        {
        }

        public void OnBeforeExecute(NpgsqlBatch batch)
        {
        }

        private void Keep(string statement, NpgsqlParameterCollection values) => Statements.Add((statement, [.. values.Select(value => value.Clone())]));
    }
}
