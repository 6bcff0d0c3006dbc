using System.Globalization;
using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>What <c>hosts list</c> takes.</summary>
public sealed class ListHostsInput : OperatorInput;

/// <summary>Lists the hosts.</summary>
[Description("Lists the hosts that are alive and how many shards of projections each runs. Ends with 1 when none is", Name = "hosts list")]
public sealed class ListHostsCommand : OperatorCommand<ListHostsInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(ListHostsInput input)
    {
        var hosts = await Get<StoreSurvey>(input).Hosts(input.Ct);
        input.Answer.WriteTable(
            hosts,
            "No host is alive.",
            ("host", host => host.Name),
            ("since", host => host.StartedAt.ToString("u", CultureInfo.InvariantCulture)),
            ("shards", host => host.Shards.ToString(CultureInfo.InvariantCulture)));
        return hosts.Count > 0 ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
