using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>What <c>tenants drop</c> takes.</summary>
public sealed class DropTenantInput : OperatorInput
{
    /// <summary>The id.</summary>
    [Description("The tenant's id")]
    public string Tenant { get; set; } = "";

    /// <summary>Whether it is meant.</summary>
    [Description("Do it. Without this flag it only says what would be removed")]
    public bool YesFlag { get; set; }
}

/// <summary>Removes a tenant and everything that is stored of it.</summary>
[Description("Removes a tenant and everything that is stored of it, for good. Says what that is, and does it with --yes only. Connects as the owner of the schema", Name = "tenants drop")]
public sealed class DropTenantCommand : OperatorCommand<DropTenantInput>
{
    /// <summary>The ways to call it.</summary>
    public DropTenantCommand() => Usage("Say what would be removed; remove it with --yes").Arguments(input => input.Tenant);

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(DropTenantInput input)
    {
        var (content, rows) = await input.Answer.During($"{(input.YesFlag ? "Removing" : "Counting what there is of")} the tenant {input.Tenant}", async () =>
        {
            var counted = (
                await Get<Tenants>(input).Content(input.Tenant, input.Ct),
                (await Get<ITenants>(input).Rows(input.Tenant, input.Ct)).Where(rows => rows.Kind != "eventstore.events").ToList());
            if (input.YesFlag)
            {
                await Get<ITenants>(input).Drop(input.Tenant, input.Ct);
            }

            return counted;
        });
        input.Answer.Write(
            new { id = input.Tenant, isDropped = input.YesFlag, content, rows },
            [
                $"{(input.YesFlag ? "Removed" : "This would remove")} the tenant {input.Tenant}, {(input.YesFlag ? "and with it" : "for good, and with it")}",
                .. content.Select(type =>
                    FormattableString.Invariant($"  {type.Events:n0} events of {type.Streams:n0} streams of the type {type.AggregateType}, {type.ArchivedEvents:n0} of them archived")),
                .. rows.Select(rows => FormattableString.Invariant($"  {rows.Rows:n0} {(rows.Kind.Contains('.', StringComparison.Ordinal) ? $"rows of {rows.Kind}" : rows.Kind)}")),
                .. input.YesFlag ? (string[])[] : ["Nothing was removed. Add --yes to do it."],
            ]);
        return input.YesFlag ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
