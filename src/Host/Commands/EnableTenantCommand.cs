using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>Switches a tenant on again.</summary>
[Description("Switches a tenant on again", Name = "tenants enable")]
public sealed class EnableTenantCommand : OperatorCommand<TenantInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(TenantInput input)
    {
        await Get<ITenants>(input).Enable(input.Tenant, input.Ct);
        input.Answer.Write(new { id = input.Tenant, isActive = true }, $"The tenant {input.Tenant} is enabled.");
        return ExitCode.Done;
    }
}
