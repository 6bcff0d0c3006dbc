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
/// event, from the start of the runner or daemon until the last document is stored. Goal: 4 times as fast as the daemon.
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

    private static int Streams => (Benchmark.IsDry ? 2_000 : Events) / EventsPerStream;

    [GlobalSetup(Target = nameof(Runner))]
    public async Task SetupRunner()
    {
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
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            await store.Tenants.Add("tenant-" + tenant);
        }

        for (var stream = 0; stream < Streams; stream++)
        {
            var history = Movements.Of(EventsPerStream).Select(NewEvent.Of);
            lastPosition = (await store.Append(new(new("tenant-" + (stream % Tenants), "ledger", Guid.CreateVersion7()), ExpectedVersion.None, history))).Position;
        }

        await Benchmark.Execute(dataSource, "vacuum analyze");
    }

    [GlobalSetup(Target = nameof(MartenDaemon))]
    public async Task SetupMarten()
    {
        martenSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_catch_up_marten"));
        marten = await MartenStore.Open(martenSource, SnapshotLifecycle.Async);
        for (var stream = 0; stream < Streams; stream++)
        {
            await using var session = marten.LightweightSession("tenant-" + (stream % Tenants));
            session.Events.StartStream(Guid.CreateVersion7(), Movements.Of(EventsPerStream).ToArray());
            await session.SaveChangesAsync();
        }

        await Benchmark.Execute(martenSource, "vacuum analyze");
    }

    [IterationSetup(Target = nameof(Runner))]
    public void ForgetRunner() => Run(dataSource, "delete from eventstore.projection_checkpoints", "truncate public.mt_doc_ledgerview");

    [IterationSetup(Target = nameof(MartenDaemon))]
    public void ForgetMarten() => Run(martenSource, "delete from marten.mt_event_progression", "truncate marten.mt_doc_martenledger");

    [IterationCleanup(Target = nameof(Runner))]
    public void CheckRunner() => Check(dataSource, "public.mt_doc_ledgerview");

    [IterationCleanup(Target = nameof(MartenDaemon))]
    public void CheckMarten() => Check(martenSource, "marten.mt_doc_martenledger");

    [GlobalCleanup(Target = nameof(Runner))]
    public async Task CleanupRunner()
    {
        await store.DisposeAsync();
        await documents.DisposeAsync();
        await dataSource.DisposeAsync();
    }

    [GlobalCleanup(Target = nameof(MartenDaemon))]
    public async Task CleanupMarten()
    {
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

    // Every stream has its document, and every document its last event.
    private static void Check(NpgsqlDataSource on, string table)
    {
        using var command = on.CreateCommand($"select count(*) from {table} where (data ->> 'Movements')::int = {EventsPerStream - 1}");
        Benchmark.Expect((long)Streams, (long)command.ExecuteScalar()!);
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
