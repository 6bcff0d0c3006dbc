using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>What <c>tenants move</c> takes.</summary>
public sealed class MoveTenantInput : OperatorInput
{
    /// <summary>The id.</summary>
    [Description("The tenant's id")]
    public string Tenant { get; set; } = "";

    /// <summary>Where to.</summary>
    [Description("dedicated for a shard of its own, or pool")]
    public string Placement { get; set; } = "";
}

/// <summary>Moves a tenant out of the pool or back.</summary>
[Description("Moves a tenant into a shard of its own, or back into the pool, while hosts run. Connects as the owner of the schema", Name = "tenants move")]
public sealed class MoveTenantCommand : OperatorCommand<MoveTenantInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(MoveTenantInput input)
    {
        var placement = input.Placement switch
        {
            "dedicated" => TenantPlacement.Dedicated,
            "pool" => TenantPlacement.Pool,
            _ => throw new UsageException($"A tenant lies in the pool or is dedicated: '{input.Placement}' is neither pool nor dedicated."),
        };
        var tenants = Get<ITenants>(input);
        var tenant = await input.Answer.During($"Moving the tenant {input.Tenant}", async () =>
        {
            await tenants.Move(input.Tenant, placement, input.Ct);
            return (await tenants.List(input.Ct)).Single(tenant => tenant.Id == input.Tenant);
        });
        input.Answer.Write(tenant, $"The tenant {tenant.Id} lies in {tenant.Shard}.");
        return ExitCode.Done;
    }
}
