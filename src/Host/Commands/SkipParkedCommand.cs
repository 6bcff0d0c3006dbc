using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>What <c>projections skip</c> takes.</summary>
public sealed class SkipParkedInput : OperatorInput
{
    /// <summary>Its projection.</summary>
    [Description("The projection, as projections list names it")]
    public string Projection { get; set; } = "";

    /// <summary>Which event.</summary>
    [Description("The position of the parked event, as projections parked shows it")]
    public string Position { get; set; } = "";

    /// <summary>Why.</summary>
    [Description("Why it is left out, for those who wonder later; must be given")]
    public string? ReasonFlag { get; set; }

    /// <summary>Who decided it.</summary>
    [Description("Who decided it; the user of this shell unless given")]
    public string? ByFlag { get; set; }
}

/// <summary>Leaves a parked event out.</summary>
[Description("Leaves a parked event out of a read model for good, records why, and tries those that wait behind it", Name = "projections skip")]
public sealed class SkipParkedCommand : OperatorCommand<SkipParkedInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(SkipParkedInput input)
    {
        var reason = string.IsNullOrWhiteSpace(input.ReasonFlag) ? throw new UsageException("--reason must say why the event is left out.") : input.ReasonFlag;
        var by = string.IsNullOrWhiteSpace(input.ByFlag) ? Environment.UserName : input.ByFlag;
        var done = await Get<ProjectionOperations>(input).Skip(input.Projection, ProjectionWords.Number(input.Position, "a position"), reason, by, input.Ct);
        input.Answer.Write(
            new { projection = input.Projection, position = input.Position, isSkipped = done },
            done ? $"{input.Projection} leaves the event at position {input.Position} out." : "No such event is parked.");
        return done ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
