using System.Text;

namespace Monolith.Benchmarks.Gate;

/// <summary>A table in Markdown.</summary>
internal sealed class Table
{
    private readonly StringBuilder text = new();

    public Table(params IReadOnlyList<string> columns)
    {
        Add(columns);
        Add([.. columns.Select(_ => "---")]);
    }

    public void Add(params IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    public override string ToString() => text.ToString();
}
