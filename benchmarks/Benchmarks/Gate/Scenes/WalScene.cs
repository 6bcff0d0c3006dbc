using NpgsqlTypes;

namespace Monolith.Benchmarks.Gate;

/// <summary>How much each writes ahead to make one event durable, a lone writer's: what disk and replicas have to carry.</summary>
internal sealed class WalScene() : Scene("wal")
{
    private readonly Row ours = Told("wal-monolith", "Monolith");
    private readonly Row insert = Told("wal-insert", "a bare INSERT");
    private readonly Row marten = Told("wal-marten", "Marten, quick append");

    public override IReadOnlyList<Row> Rows => [ours, insert, marten];

    public override async Task<Played> Play(Pace pace)
    {
        await using var bare = await LedgerWriters.Bare(1);
        await using var monolith = await LedgerWriters.Monolith(1);
        await using var theirs = await LedgerWriters.Marten(1);
        return new([await Of(ours, monolith, pace), await Of(insert, bare, pace), await Of(marten, theirs, pace)], []);
    }

    private static Row Told(string id, string who) => new(id, "write-ahead log of one event appended alone", who) { Unit = Unit.Bytes, Sense = Sense.AtMost, Held = Held.ToNothing };

    private static async Task<Measure> Of(Row row, LedgerWriters ledgers, Pace pace)
    {
        var appends = pace.IsDry ? 50 : 2_000;
        // After a checkpoint the first change of each page is written whole: those come before what counts.
        await Benchmark.AskServer<object>("checkpoint");
        await Append(ledgers, appends);
        var before = await Benchmark.AskServer<NpgsqlLogSequenceNumber>("select pg_current_wal_lsn()");
        await Append(ledgers, appends);
        var after = await Benchmark.AskServer<NpgsqlLogSequenceNumber>("select pg_current_wal_lsn()");
        return new(row, [((ulong)after - (ulong)before) / (double)appends]);
    }

    private static async Task Append(LedgerWriters ledgers, int appends)
    {
        const int EventsPerStream = 50;
        var stream = Guid.Empty;
        for (var n = 0; n < appends; n++)
        {
            stream = n % EventsPerStream == 0 ? Guid.CreateVersion7() : stream;
            await ledgers.Append(writer: 0, stream, (n % EventsPerStream) + 1);
        }
    }
}
