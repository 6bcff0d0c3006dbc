using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>What <c>projections pause</c> and <c>projections resume</c> take.</summary>
public sealed class PauseProjectionInput : ProjectionInput
{
    /// <summary>Whether its rebuild is meant.</summary>
    [Description("Not the projection, but its rebuild")]
    public bool RebuildFlag { get; set; }
}

/// <summary>Stops a projection, or lets its rebuild rest.</summary>
[Description("Stops a projection on all hosts, or lets its rebuild rest with what it has", Name = "projections pause")]
public sealed class PauseProjectionCommand : OperatorCommand<PauseProjectionInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(PauseProjectionInput input)
    {
        var operations = Get<ProjectionOperations>(input);
        var done = await (input.RebuildFlag ? operations.PauseRebuild(input.Projection, input.Ct) : operations.Pause(input.Projection, input.Ct));
        input.Answer.Write(
            new { projection = input.Projection, isPaused = done },
            !done ? $"{input.Projection} {(input.RebuildFlag ? "is not being rebuilt" : "has never run")}."
            : input.RebuildFlag ? $"The rebuild of {input.Projection} rests."
            : $"{input.Projection} is paused.");
        return done ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
