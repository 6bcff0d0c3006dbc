using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>What <c>tenants add</c> takes.</summary>
public sealed class AddTenantInput : OperatorInput
{
    /// <summary>The id.</summary>
    [Description("Lower-case letters, digits and hyphens, at most 63")]
    public string Tenant { get; set; } = "";

    /// <summary>Whether it has a shard of its own.</summary>
    [Description("Give the tenant a shard of its own, instead of a place in the pool")]
    public bool DedicatedFlag { get; set; }
}

/// <summary>Adds a tenant.</summary>
[Description("Adds a tenant, which works at once on every running host. Adding it again changes nothing", Name = "tenants add")]
public sealed class AddTenantCommand : OperatorCommand<AddTenantInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(AddTenantInput input)
    {
        if (!TenantIds.IsValid(input.Tenant))
        {
            throw new UsageException($"'{input.Tenant}' is not a tenant id: lower-case letters, digits and hyphens inside, at most 63 characters.");
        }

        var tenants = Get<ITenants>(input);
        await tenants.Add(input.Tenant, input.DedicatedFlag ? TenantPlacement.Dedicated : TenantPlacement.Pool, input.Ct);
        var tenant = (await tenants.List(input.Ct)).Single(tenant => tenant.Id == input.Tenant);
        input.Answer.Write(tenant, $"The tenant {tenant.Id} lies in {tenant.Shard} and is {tenant.Status.ToString().ToLowerInvariant()}.");
        return ExitCode.Done;
    }
}
