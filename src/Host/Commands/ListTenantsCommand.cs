using System.Globalization;
using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>What <c>tenants list</c> takes.</summary>
public sealed class ListTenantsInput : OperatorInput;

/// <summary>Lists the tenants.</summary>
[Description("Lists the tenants, where their data lies, and what may be done with them", Name = "tenants list")]
public sealed class ListTenantsCommand : OperatorCommand<ListTenantsInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(ListTenantsInput input)
    {
        input.Answer.WriteTable(
            await Get<ITenants>(input).List(input.Ct),
            "There are no tenants.",
            ("tenant", tenant => tenant.Id),
            ("shard", tenant => tenant.Shard),
            ("state", tenant => tenant.Status.ToString().ToLowerInvariant()),
            ("since", tenant => tenant.CreatedAt.ToString("u", CultureInfo.InvariantCulture)));
        return ExitCode.Done;
    }
}
