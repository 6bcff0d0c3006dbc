namespace Monolith.Benchmarks.Gate;

/// <summary>Appends of one event, by so many writers at once: <see cref="LoneAppend"/> and <see cref="ConcurrentAppend"/> in turns.</summary>
internal sealed class AppendScene : Scene
{
    private const int EventsPerStream = 50;
    private const string Bounds = "[What bounds an append](../../docs/decisions/0002-what-bounds-an-append.md)";

    private readonly int writers;
    private readonly Row insert;
    private readonly Row marten;

    public AppendScene(int writers, double? insertGoal, double? martenGoal, string? reason = null) : base($"append-1-by-{writers}")
    {
        this.writers = writers;
        var question = $"append 1 event, {writers} writer{(writers == 1 ? "" : "s")}";
        var why = reason is null ? null : $"{reason}: {Bounds}";
        insert = new($"{Name}-insert", question, "a bare prepared INSERT of the same row, from as many connections") { Goal = insertGoal, Reason = why };
        marten = new($"{Name}-marten", question, "Marten, quick append") { Goal = martenGoal, Reason = why };
    }

    public override IReadOnlyList<Row> Rows => [insert, marten];

    public override async Task<Played> Play(Pace pace)
    {
        await using var bare = await LedgerWriters.Bare(writers);
        await using var ours = await LedgerWriters.Monolith(writers);
        await using var theirs = await LedgerWriters.Marten(writers);
        var contest = await new Contest(Name, Writing("Monolith", ours), Writing("INSERT", bare), Writing("Marten", theirs)).Play(pace);
        return new(
            [new(insert, contest.TimesAsFast("Monolith", "INSERT")), new(marten, contest.TimesAsFast("Monolith", "Marten"))],
            contest.Timings);
    }

    // The end of a turn, when some writers have nothing to do any more, must not weigh.
    private Competitor Writing(string name, LedgerWriters ledgers) => new(name, appends => Write(ledgers, appends))
    {
        Pieces = writers,
        Turn = TimeSpan.FromMilliseconds(writers < 100 ? 200 : 500),
    };

    // No stream gets as long as a snapshot is apart: Marten writes none here.
    private Task Write(LedgerWriters ledgers, int appends) =>
        Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var stream = Guid.Empty;
            for (var n = 0; n < appends / writers; n++)
            {
                stream = n % EventsPerStream == 0 ? Guid.CreateVersion7() : stream;
                await ledgers.Append(writer, stream, (n % EventsPerStream) + 1);
            }
        })));
}
