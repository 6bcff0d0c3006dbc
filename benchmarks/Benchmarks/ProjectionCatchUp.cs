using BenchmarkDotNet.Attributes;
using JasperFx;
using JasperFx.Events.Projections;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Hosting;
using Npgsql;

namespace Monolith.Benchmarks;

/// <summary>
/// How fast does a new projection catch up? The same events of the same streams and tenants become the same Marten documents; the time is per
/// event, from the start of the runner or daemon until the last document is stored.
/// </summary>
public class ProjectionCatchUp
{
    private const int EventsPerStream = 50;
    private const int Tenants = 8;

    private readonly DomainModel model = Benchmark.Model;
    private NpgsqlDataSource dataSource = null!;
    private PostgresEventStore store = null!;
    private DocumentStore documents = null!;
    private DocumentStore marten = null!;
    private NpgsqlDataSource martenSource = null!;
    private long lastPosition;

    /// <summary>BenchmarkDotNet divides by a constant, so the dry run says too little per event; it is not there to be read.</summary>
    public const int Events = 100_000;

    [GlobalSetup]
    public async Task Setup()
    {
        var events = Benchmark.IsDry ? 2_000 : Events;
        var connectionString = await Benchmark.NewDatabase("benchmark_catch_up");
        dataSource = NpgsqlDataSource.Create(connectionString);
        store = await Benchmark.NewStore(dataSource);
        documents = DocumentStore.For(options =>
        {
            options.Connection(connectionString);
            options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
            options.UseSystemTextJsonForSerialization();
            options.Policies.AllDocumentsAreMultiTenanted();
            options.RegisterDocumentType<LedgerView>();
        });
        await documents.Storage.ApplyAllConfiguredChangesToDatabaseAsync();

        var martenConnection = await Benchmark.NewDatabase("benchmark_catch_up_marten");
        martenSource = NpgsqlDataSource.Create(martenConnection);
        marten = await MartenStore.Open(martenConnection, SnapshotLifecycle.Async);
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            await store.Tenants.Add("tenant-" + tenant);
        }

        for (var stream = 0; stream < events / EventsPerStream; stream++)
        {
            var (id, tenant) = (Guid.CreateVersion7(), "tenant-" + (stream % Tenants));
            var history = Movements.Of(EventsPerStream).ToArray();
            lastPosition = (await store.Append(new(new(tenant, "ledger", id), ExpectedVersion.None, history.Select(NewEvent.Of)))).Position;
            await using var session = marten.LightweightSession(tenant);
            session.Events.StartStream(id, history);
            await session.SaveChangesAsync();
        }
    }

    [IterationSetup]
    public void Forget()
    {
        Run(dataSource, "delete from eventstore.projection_checkpoints", "truncate public.mt_doc_ledgerview");
        Run(martenSource, "delete from marten.mt_event_progression", "truncate marten.mt_doc_martenledger");
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await documents.DisposeAsync();
        await marten.DisposeAsync();
        await martenSource.DisposeAsync();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Events, Description = "Marten, async daemon")]
    public async Task MartenDaemon()
    {
        using var daemon = await marten.BuildProjectionDaemonAsync();
        await daemon.StartAllAsync();
        await daemon.WaitForNonStaleData(TimeSpan.FromMinutes(5));
        await daemon.StopAllAsync();
    }

    [Benchmark(OperationsPerInvoke = Events, Description = "Monolith")]
    public async Task Runner()
    {
        await using var runner = new ProjectionRunner(
            dataSource, model, store, new ProjectionCatalog(model, [new Ledgers()]), new MartenViewStore(documents));
        await runner.StartAsync(CancellationToken.None);
        await runner.WaitForAll(lastPosition, TimeSpan.FromMinutes(5));
    }

    private static void Run(NpgsqlDataSource on, params string[] statements)
    {
        foreach (var sql in statements)
        {
            using var command = on.CreateCommand(sql);
            command.ExecuteNonQuery();
        }
    }
}

public sealed record LedgerView(Guid Id, string Holder, decimal Balance, int Movements);

/// <summary>The fold of <see cref="MartenLedger"/>.</summary>
public sealed class Ledgers : DocumentProjection<LedgerView>
{
    public Ledgers() : base("benchmark.ledgers", version: 1) => Reads<Ledger>();

    public override LedgerView? Apply(LedgerView? view, EventEnvelope envelope) => envelope.Event switch
    {
        Opened e => new(envelope.AggregateId, e.Holder, 0m, 0),
        Moved e => view! with { Balance = e.Balance, Movements = view.Movements + 1 },
        _ => view,
    };
}
