using System.Globalization;
using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>Lists parked events.</summary>
[Description("Lists the events that projections could not take, and ends with 1 if there are any", Name = "projections parked")]
public sealed class ParkedEventsCommand : OperatorCommand<ProjectionInput>
{
    /// <summary>The ways to call it.</summary>
    public ParkedEventsCommand()
    {
        Usage("Of all projections").Arguments().ValidFlags(input => input.JsonFlag);
        Usage("Of one projection").Arguments(input => input.Projection).ValidFlags(input => input.JsonFlag);
    }

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(ProjectionInput input)
    {
        var parked = await Get<ProjectionOperations>(input).Parked(input.Projection.Length == 0 ? null : input.Projection, input.Ct);
        input.Answer.WriteTable(
            parked,
            "Nothing is parked.",
            ("projection", one => one.IsOfRebuild ? $"{one.Projection} (rebuild)" : one.Projection),
            ("position", one => one.Position.ToString(CultureInfo.InvariantCulture)),
            ("event", one => one.EventType),
            ("aggregate", one => $"{one.Stream.TenantId}/{one.Stream.AggregateType}/{one.Stream.AggregateId}"),
            ("waiting", one => ProjectionWords.Of(one.Waiting)),
            ("tried", one => ProjectionWords.Of(one.Attempts)),
            ("error", one => one.Error.Split('\n', 2)[0]));
        return parked.Count == 0 ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
