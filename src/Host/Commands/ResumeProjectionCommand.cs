using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>Lets a projection or its rebuild go on.</summary>
[Description("Lets a paused projection, or its rebuild, go on from where it stopped", Name = "projections resume")]
public sealed class ResumeProjectionCommand : OperatorCommand<PauseProjectionInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(PauseProjectionInput input)
    {
        var operations = Get<ProjectionOperations>(input);
        var done = await (input.RebuildFlag ? operations.ResumeRebuild(input.Projection, input.Ct) : operations.Resume(input.Projection, input.Ct));
        input.Answer.Write(
            new { projection = input.Projection, isResumed = done },
            !done ? $"{input.Projection} {(input.RebuildFlag ? "is not being rebuilt" : "has never run")}."
            : input.RebuildFlag ? $"The rebuild of {input.Projection} goes on."
            : $"{input.Projection} goes on.");
        return done ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
