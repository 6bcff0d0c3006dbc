using System.Globalization;
using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>What <c>projections list</c> takes.</summary>
public sealed class ListProjectionsInput : OperatorInput;

/// <summary>Lists the projections.</summary>
[Description("Lists the projections: what they make, of which version, who runs them, what is parked, how far a rebuild is", Name = "projections list")]
public sealed class ListProjectionsCommand : OperatorCommand<ListProjectionsInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(ListProjectionsInput input)
    {
        input.Answer.WriteTable(
            await Get<ProjectionOperations>(input).List(input.Ct),
            "There are no projections.",
            ("projection", projection => projection.Projection),
            ("kind", projection => projection.Kind.ToString().ToLower(CultureInfo.InvariantCulture)),
            ("version", projection => projection.RowsVersion is { } rows && rows != projection.Version ? $"{projection.Version} (rows {rows})" : $"{projection.Version}"),
            ("shards", projection => projection.IsPaused ? "paused" : $"{projection.ShardsOwned} of {projection.Shards} run"),
            ("parked", projection => ProjectionWords.Of(projection.Parked)),
            ("rebuild", projection => projection.Rebuild is { } rebuild ? ProjectionWords.Of(rebuild) : ""));
        return ExitCode.Done;
    }
}
