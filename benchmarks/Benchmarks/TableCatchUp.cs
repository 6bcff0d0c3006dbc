using BenchmarkDotNet.Attributes;
using JasperFx.Events.Projections;
using Marten.Events.Projections.Flattened;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Benchmarks;

/// <summary>
/// How fast does a new projection catch up that writes rows of a table, a statement for each event? Marten's flat table projection does the same by a function that
/// it makes for each type of event; its rows have no tenant. The time is per event.
/// </summary>
[InvocationCount(1)]
public class TableCatchUp
{
    private const int EventsPerStream = 50;

    private ProjectedLedgers ledgers = null!;
    private ProjectedByMarten marten = null!;

    /// <summary>BenchmarkDotNet divides by a constant, so the dry run says too little per event; it is not there to be read.</summary>
    public const int Events = 20_000;

    private static string Whole => $" where movements = {EventsPerStream - 1}";

    private static int Streams => (Benchmark.IsDry ? 2_000 : Events) / EventsPerStream;

    [GlobalSetup(Target = nameof(Runner))]
    public async Task SetupRunner()
    {
        ledgers = await ProjectedLedgers.Create("benchmark_table", Streams, () => Movements.Of(EventsPerStream));
        // Its table is made when it first runs.
        await ledgers.CatchUp(new LedgerRows());
    }

    [GlobalSetup(Target = nameof(MartenDaemon))]
    public async Task SetupMarten() => marten = await ProjectedByMarten.Create(
        "benchmark_table_marten", Streams, () => Movements.Of(EventsPerStream), options => options.Projections.Add(new MartenLedgerRows(), ProjectionLifecycle.Async));

    [IterationSetup(Target = nameof(Runner))]
    public void ForgetRunner() => ledgers.Forget(LedgerRows.Table);

    [IterationSetup(Target = nameof(MartenDaemon))]
    public void ForgetMarten() => marten.Forget(MartenLedgerRows.TableName);

    [IterationCleanup(Target = nameof(Runner))]
    public void CheckRunner() => ledgers.Check(LedgerRows.Table + Whole, Streams);

    [IterationCleanup(Target = nameof(MartenDaemon))]
    public void CheckMarten() => marten.Check(MartenLedgerRows.TableName + Whole, Streams);

    [GlobalCleanup(Target = nameof(Runner))]
    public async Task CleanupRunner() => await ledgers.DisposeAsync();

    [GlobalCleanup(Target = nameof(MartenDaemon))]
    public async Task CleanupMarten() => await marten.DisposeAsync();

    [Benchmark(Baseline = true, OperationsPerInvoke = Events, Description = "Marten, flat table")]
    public Task MartenDaemon() => marten.CatchUp();

    [Benchmark(OperationsPerInvoke = Events, Description = "Monolith")]
    public Task Runner() => ledgers.CatchUp(new LedgerRows());
}

public sealed class LedgerRows : TableProjection
{
    public const string Table = "benchmark.ledger_rows";

    public LedgerRows() : base("benchmark.ledger_rows", version: 1, schema: "benchmark") => Reads<Ledger>();

    public override string Definition =>
        """
        create table if not exists ledger_rows (
          tenant_id text not null,
          id uuid not null,
          holder text not null,
          balance numeric not null,
          movements int not null,
          constraint ledger_rows_pkey primary key (tenant_id, id)
        );
        """;

    public override IReadOnlyList<string> Tables => ["ledger_rows"];

    public override void Apply(EventEnvelope envelope, TableStatements statements)
    {
        switch (envelope.Event)
        {
            case Opened e:
                statements.Add(
                    "insert into ledger_rows (tenant_id, id, holder, balance, movements) values ($1, $2, $3, 0, 0)", envelope.TenantId, envelope.AggregateId, e.Holder);
                break;
            case Moved e:
                statements.Add(
                    "update ledger_rows set balance = $3, movements = movements + 1 where tenant_id = $1 and id = $2", envelope.TenantId, envelope.AggregateId, e.Balance);
                break;
        }
    }
}

/// <summary>The same table as Marten makes it.</summary>
public sealed class MartenLedgerRows : FlatTableProjection
{
    public const string TableName = "marten.ledger_rows";

    public MartenLedgerRows() : base("ledger_rows", SchemaNameSource.DocumentSchema)
    {
        Name = "LedgerRows";
        Table.AddColumn<Guid>("id").AsPrimaryKey();
        Table.AddColumn<decimal>("balance");
        // Only an event that has a value for every column makes a row; the others change one.
        Project<Opened>(opened =>
        {
            opened.Map(e => e.Holder);
            opened.SetValue("balance", 0);
            opened.SetValue("movements", 0);
        });
        Project<Moved>(moved =>
        {
            moved.Map(e => e.Balance);
            moved.Increment("movements");
        });
    }
}
