using Microsoft.AspNetCore.Routing;
using Monolith.Accounts.Features;
using Monolith.Accounts.Integration;
using Monolith.Accounts.ReadModels;
using Monolith.Hosting;

namespace Monolith.Accounts;

/// <summary>Money of holders: accounts, their balances and their statements.</summary>
public sealed class AccountsModule : Module
{
    /// <inheritdoc/>
    public override string Name => "accounts";

    /// <inheritdoc/>
    public override void Configure(ModuleBuilder module)
    {
        ArgumentNullException.ThrowIfNull(module);
        module.AddProjection<AccountSummaries>();
        module.AddProjection<Statements>();
        module.AddPublisher<AccountPublisher>();

        // A statement is read newest first: this index holds the movements of one account in that order, however many there are.
        module.Documents(documents => documents.For<Movement>()
            .StartIndexesByTenantId()
            .Index([movement => movement.AccountId, movement => movement.Version]));
    }

    /// <inheritdoc/>
    public override void MapRoutes(RouteGroupBuilder routes)
    {
        routes.MapOpenAccount();
        routes.MapGetAccount();
        routes.MapGetStatement();
        routes.MapDeposit();
        routes.MapWithdraw();
        routes.MapCloseAccount();
    }
}
