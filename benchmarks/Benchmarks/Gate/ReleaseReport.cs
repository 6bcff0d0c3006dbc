using System.Globalization;
using System.Text;

namespace Monolith.Benchmarks.Gate;

/// <summary>What a release was measured at, for people.</summary>
internal sealed record ReleaseReport(string Measured, string Machine, int Runs, IReadOnlyList<Judgement> Judgements, IReadOnlyList<Timing> Timings, Baseline? Baseline)
{
    private const string NotComparable =
        """
        Marten runs as its documentation recommends for speed: quick append, System.Text.Json, lightweight sessions, conjoined tenancy, the same event records, the same
        server and durability; on both sides an event is found by tenant, stream and version and by its place in the order, each with an index. What is not the same: Marten
        keeps a row for each stream beside the events, and one table of events without partitions; it has no snapshot every N events, so a load is compared with both of
        its ways. Documents are stored by the same Marten on both sides of a catch-up. Its rebuild empties the live documents first, ours builds beside them. The rows of
        its flat table have no tenant.

        The bare INSERT, SELECT and COPY do less than any store: no expected version, no tenant, no order of commits, no decoding.

        """;

    public IReadOnlyList<Judgement> FellBehind => [.. Judgements.Where(judgement => judgement.Verdict == Verdict.FellBehind)];

    /// <summary>0 when nothing fell behind, else 1.</summary>
    public int ExitCode => FellBehind.Count == 0 ? 0 : 1;

    /// <summary>What fell behind, and what it is held to; empty when nothing did.</summary>
    public string FellBehindTable()
    {
        if (FellBehind.Count == 0)
        {
            return "";
        }

        var table = new Table("Fell behind", "Against", "Measured", "Held to");
        foreach (var judgement in FellBehind)
        {
            table.Add(judgement.Row.Question, judgement.Row.Against, judgement.Row.Text(judgement.Outcome.Value), HeldTo(judgement));
        }

        return table.ToString();
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"# Release report\n\n{Measured}, {Machine}\n\n"));
        text.Append(CultureInfo.InvariantCulture, $"{Runs} run{(Runs == 1 ? "" : "s")}; in each the competitors of a row take turns, round after round, and a figure is the median of the rounds' ratios. ");
        text.Append("Times: how many times as fast, unless the question says otherwise.\n\n");
        text.Append(Baseline is null ? "" : string.Create(CultureInfo.InvariantCulture, $"Baseline: {Baseline.Measured}, {Baseline.Runs} runs, {Baseline.Machine}\n\n"));
        text.Append(FellBehind.Count == 0 ? "Nothing fell behind.\n\n" : $"{FellBehindTable()}\n");

        var table = new Table("Question", "Against", "Goal", "Measured", "Quartiles of rounds", "Medians of runs", "Baseline", "Verdict");
        foreach (var judgement in Judgements)
        {
            var (row, outcome) = (judgement.Row, judgement.Outcome);
            var goal = row.Goal is null ? "" : $"{row.GoalText} {(judgement.MeetsGoal ? "met" : "**missed**")}";
            table.Add(
                row.Question, row.Against, goal, $"**{row.Text(outcome.Value)}**", $"{row.Text(outcome.Quartiles.Low)} to {row.Text(outcome.Quartiles.High)}",
                string.Join(", ", outcome.RunMedians.Select(row.Text)), row.Held == Held.ToBaseline ? HeldTo(judgement) : "", Say(judgement.Verdict));
        }

        text.Append(table).Append('\n').Append(Missed());
        text.Append("## What it took here\n\nMedians of all rounds. They are this machine's and held to nothing.\n\n").Append(TimingTable());
        return text.Append("\n## What is not comparable\n\n").Append(NotComparable).ToString();
    }

    private string TimingTable()
    {
        var table = new Table("Scene", "Who", "A piece of work", "In a second");
        foreach (var timing in Timings)
        {
            table.Add(timing.Scene, timing.Who, timing.Text, timing.PerSecond);
        }

        return table.ToString();
    }

    private string Missed()
    {
        var missed = Judgements.Where(judgement => !judgement.MeetsGoal).ToList();
        if (missed.Count == 0)
        {
            return "";
        }

        var table = new Table("Short of its goal", "Against", "Why");
        foreach (var judgement in missed)
        {
            table.Add(judgement.Row.Question, judgement.Row.Against, judgement.Row.Reason ?? "not known yet");
        }

        return $"{table}\n";
    }

    private static string HeldTo(Judgement judgement) => judgement.Row.Held == Held.ToGoal || judgement.Baseline is null
        ? judgement.Row.Held == Held.ToGoal ? judgement.Row.GoalText : ""
        : string.Create(CultureInfo.InvariantCulture, $"{judgement.Row.Text(judgement.Baseline.Value)} ± {judgement.Baseline.Tolerance * 100:0} %");

    private static string Say(Verdict verdict) => verdict switch
    {
        Verdict.FellBehind => "**fell behind**",
        Verdict.Gained => "gained: approve it",
        Verdict.New => "new",
        Verdict.Told => "",
        _ => "kept",
    };
}
