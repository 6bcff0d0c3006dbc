using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>Says how far projections are behind.</summary>
[Description("Says how far projections are behind, shard by shard", Name = "projections lag")]
public sealed class ProjectionLagCommand : OperatorCommand<ProjectionInput>
{
    /// <summary>The ways to call it.</summary>
    public ProjectionLagCommand()
    {
        Usage("All projections").Arguments().ValidFlags(input => input.JsonFlag);
        Usage("One projection").Arguments(input => input.Projection).ValidFlags(input => input.JsonFlag);
    }

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(ProjectionInput input)
    {
        input.Answer.WriteTable(
            await Get<ProjectionOperations>(input).Lag(input.Projection.Length == 0 ? null : input.Projection, input.Ct),
            "No projection has run yet.",
            ("projection", lag => lag.Projection),
            ("shard", lag => lag.Shard),
            ("position", lag => ProjectionWords.Of(lag.Position)),
            ("behind", lag => ProjectionWords.Of(lag.Events) + (lag.IsMore ? " or more" : "")),
            ("oldest", lag => ProjectionWords.Of(lag.Oldest)),
            ("host", lag => lag.IsPaused ? "paused" : lag.Host ?? "nobody"));
        return ExitCode.Done;
    }
}
