using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>What <c>projections retry</c> takes. Arguments come in the order of the properties, those of a base class last.</summary>
public sealed class RetryParkedInput : OperatorInput
{
    /// <summary>Its projection.</summary>
    [Description("The projection, as projections list names it")]
    public string Projection { get; set; } = "";

    /// <summary>Which event.</summary>
    [Description("The position of one parked event, as projections parked shows it")]
    public string Position { get; set; } = "";
}

/// <summary>Tries parked events again.</summary>
[Description("Tries parked events again, each aggregate's in order: all of a projection, or the one at a position", Name = "projections retry")]
public sealed class RetryParkedCommand : OperatorCommand<RetryParkedInput>
{
    /// <summary>The ways to call it.</summary>
    public RetryParkedCommand()
    {
        Usage("All of a projection").Arguments(input => input.Projection).ValidFlags(input => input.JsonFlag);
        Usage("The one at a position, and those that wait behind it").Arguments(input => input.Projection, input => input.Position).ValidFlags(input => input.JsonFlag);
    }

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(RetryParkedInput input)
    {
        var operations = Get<ProjectionOperations>(input);
        var aggregates = input.Position.Length == 0 ? await operations.RetryAll(input.Projection, input.Ct)
            : await operations.Retry(input.Projection, ProjectionWords.Number(input.Position, "a position"), input.Ct) ? 1
            : 0;
        input.Answer.Write(
            new { aggregates },
            aggregates == 0 ? "No such event is parked." : $"The parked events of {ProjectionWords.Of(aggregates)} aggregates are tried again.");
        return aggregates > 0 || input.Position.Length == 0 ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
