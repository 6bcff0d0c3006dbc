namespace Monolith.Benchmarks.Tests;

public class ReadmeTableTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Readmes => [.. ReadmeTable.Files];

    [Theory]
    [MemberData(nameof(Readmes))]
    public void A_README_shows_the_table_of_the_committed_baseline_and_no_other_figures(string readme)
    {
        var text = File.ReadAllText(Path.Combine(Root, readme));

        Assert.Equal(ReadmeTable.PutInto(text, ReadmeTable.Of(Committed(), Scenes.Rows)), text);
    }

    [Fact]
    public void The_committed_baseline_has_the_rows_of_the_gate_with_the_goals_they_have_now()
    {
        var goals = Scenes.Rows.ToDictionary(row => row.Id, row => row.GoalText, StringComparer.Ordinal);

        Assert.All(Committed()?.Rows ?? [], row => Assert.Equal(row.Value.Goal, goals.GetValueOrDefault(row.Key)));
    }

    [Fact]
    public void No_two_rows_have_the_same_id() =>
        Assert.Equal(Scenes.Rows.Count, Scenes.Rows.Select(row => row.Id).Distinct(StringComparer.Ordinal).Count());

    [Fact]
    public void Only_what_stands_between_the_marks_is_replaced()
    {
        var text = $"before\n{ReadmeTable.Begin}\n\nold\n\n{ReadmeTable.End}\nafter\n";

        Assert.Equal($"before\n{ReadmeTable.Begin}\n\nnew\n\n{ReadmeTable.End}\nafter\n", ReadmeTable.PutInto(text, "new\n"));
    }

    [Fact]
    public void A_text_without_marks_is_refused() => Assert.Throws<FormatException>(() => ReadmeTable.PutInto("before", "new"));

    [Fact]
    public void A_row_is_bold_when_its_goal_is_met_and_says_so_when_it_is_missed()
    {
        var table = ReadmeTable.Of(Samples.Baseline((Samples.Speed, 0.7, 0.1), (Samples.Growth, 1.1, 0.1)), [Samples.Speed, Samples.Growth]);

        Assert.Contains("| append 1 event | INSERT | ≥ 0.85 | 0.70, missed | 0.70 to 0.70 |", table, StringComparison.Ordinal);
        Assert.Contains("| load of a long history | of a short one | ≤ 1.2 | **1.10** | 1.10 to 1.10 |", table, StringComparison.Ordinal);
    }

    private static Baseline? Committed()
    {
        var file = Path.Combine(Root, "benchmarks", "baseline.json");
        return File.Exists(file) ? Baseline.Parse(File.ReadAllText(file)) : null;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Monolith.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("These tests run inside the repository, because they read its READMEs.");
        }

        return folder.FullName;
    }
}
