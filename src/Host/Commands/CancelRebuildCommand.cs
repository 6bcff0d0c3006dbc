using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>Gives a rebuild up.</summary>
[Description("Gives the rebuild of a projection up; what queries see stays as it is", Name = "projections cancel")]
public sealed class CancelRebuildCommand : OperatorCommand<ProjectionInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(ProjectionInput input)
    {
        var done = await Get<ProjectionOperations>(input).CancelRebuild(input.Projection, input.Ct);
        input.Answer.Write(
            new { projection = input.Projection, isCancelled = done },
            done ? $"The rebuild of {input.Projection} is given up." : $"{input.Projection} is not being rebuilt.");
        return done ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
