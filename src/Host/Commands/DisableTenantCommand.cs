using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>What <c>tenants disable</c> and <c>tenants enable</c> take.</summary>
public sealed class TenantInput : OperatorInput
{
    /// <summary>The id.</summary>
    [Description("The tenant's id")]
    public string Tenant { get; set; } = "";
}

/// <summary>Switches a tenant off.</summary>
[Description("Switches a tenant off: it can neither read nor write until it is enabled. Nothing is lost", Name = "tenants disable")]
public sealed class DisableTenantCommand : OperatorCommand<TenantInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(TenantInput input)
    {
        await Get<ITenants>(input).Disable(input.Tenant, input.Ct);
        input.Answer.Write(new { id = input.Tenant, isActive = false }, $"The tenant {input.Tenant} is disabled.");
        return ExitCode.Done;
    }
}
