using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Accounts.Domain;
using Monolith.Accounts.Features;
using Monolith.Accounts.Integration;
using Monolith.Accounts.ReadModels;
using Monolith.Accounts.Transfers;
using Monolith.Hosting;

namespace Monolith.Accounts;

/// <summary>Money of holders: accounts, their balances and their statements, and transfers between them.</summary>
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
        module.AddProjection<DailyTotals>();
        module.AddProjection<TransferSummaries>();
        module.AddPublisher<AccountPublisher>();
        module.Archives<Account>(before: account => account.Archive(), afterwards: account => account.Restore());

        var options = new TransferOptions();
        module.Read("Accounts", options, options.Validate);
        module.Services.AddSingleton(options);
        module.Services.AddSingleton<TransferSteps>();
        module.Services.AddSingleton<TransferProcess>();
        module.Services.AddHostedService<TransferSweep>();
        module.AddProjection<TransferRunner>();

        // By their owner accounts are found when that user is deactivated; two hosts that hear of one user at once do not overwrite each other.
        module.Documents(documents => documents.For<AccountSummary>().StartIndexesByTenantId().Index(account => account.Owner!));
        module.Documents(documents => documents.For<Owner>().UseOptimisticConcurrency(true));

        // A statement is read newest first, whole or by period: these hold the movements of one account in that order, however many there are.
        module.Documents(documents => documents.For<Movement>()
            .StartIndexesByTenantId()
            .Index([movement => movement.AccountId, movement => movement.Version])
            .Index([movement => movement.AccountId, movement => movement.At, movement => movement.Version]));
        module.Documents(documents => documents.For<TransferSummary>()
            .StartIndexesByTenantId()
            .Index(transfer => transfer.Position)
            .Index([transfer => transfer.Status, transfer => transfer.Position]));
    }

    /// <inheritdoc/>
    public override void MapRoutes(RouteGroupBuilder routes)
    {
        routes.MapOpenAccount();
        routes.MapGetAccount();
        routes.MapGetStatement();
        routes.MapDeposit();
        routes.MapWithdraw();
        routes.MapAgreeOverdraft();
        routes.MapFreezeAccount();
        routes.MapUnfreezeAccount();
        routes.MapCloseAccount();
        routes.MapRequestTransfer();
        routes.MapGetTransfer();
        routes.MapListTransfers();
        routes.MapGetDailyTotals();
    }
}
