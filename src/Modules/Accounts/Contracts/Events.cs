using Monolith.Contracts;

namespace Monolith.Accounts.Contracts.Events;

// A field may be added, nullable or with a default; never renamed, never removed, never given another meaning: a new name is a new event.

/// <summary>An account was opened, empty.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Holder">Whose money it will be.</param>
/// <param name="Currency">The currency of all its amounts.</param>
/// <param name="Origin">The stored event.</param>
/// <param name="Owner">The user it was opened for, or null.</param>
[IntegrationEvent("accounts.account_opened")]
public sealed record AccountOpened(Guid AccountId, string Holder, Currency Currency, Origin Origin, Guid? Owner = null) : IIntegrationEvent;

/// <summary>Money came in.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Amount">How much, in the account's currency.</param>
/// <param name="Reference">What it was for; may be empty.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.money_deposited")]
public sealed record MoneyDeposited(Guid AccountId, decimal Amount, string Reference, decimal Balance, Origin Origin) : IIntegrationEvent;

/// <summary>Money went out.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Amount">How much, in the account's currency.</param>
/// <param name="Reference">What it was for; may be empty.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.money_withdrawn")]
public sealed record MoneyWithdrawn(Guid AccountId, decimal Amount, string Reference, decimal Balance, Origin Origin) : IIntegrationEvent;

/// <summary>An account was closed, empty. Nothing follows.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.account_closed")]
public sealed record AccountClosed(Guid AccountId, Origin Origin) : IIntegrationEvent;

/// <summary>An account goes into the archive. Nothing follows until it is restored.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.account_archived")]
public sealed record AccountArchived(Guid AccountId, Origin Origin) : IIntegrationEvent;

/// <summary>An account is back from the archive, as it was.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.account_restored")]
public sealed record AccountRestored(Guid AccountId, Origin Origin) : IIntegrationEvent;

/// <summary>The balance may go down to so much below zero from now on.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Limit">How far, in the account's currency; 0 for not at all.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.overdraft_agreed")]
public sealed record OverdraftAgreed(Guid AccountId, decimal Limit, Origin Origin) : IIntegrationEvent;

/// <summary>There is a reason for which no money moves.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Reason"><c>by_bank</c> or <c>owner_inactive</c>.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.account_frozen")]
public sealed record AccountFrozen(Guid AccountId, string Reason, Origin Origin) : IIntegrationEvent;

/// <summary>That reason is gone; another may be left.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Reason"><c>by_bank</c> or <c>owner_inactive</c>.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.account_unfrozen")]
public sealed record AccountUnfrozen(Guid AccountId, string Reason, Origin Origin) : IIntegrationEvent;

/// <summary>Money left for another account; it may come back.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="TransferId">The transfer.</param>
/// <param name="To">The other account.</param>
/// <param name="Amount">How much, in the account's currency.</param>
/// <param name="Reference">What it is for; may be empty.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.money_sent")]
public sealed record MoneySent(Guid AccountId, Guid TransferId, Guid To, decimal Amount, string Reference, decimal Balance, Origin Origin) : IIntegrationEvent;

/// <summary>Money came from another account.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="TransferId">The transfer.</param>
/// <param name="From">The other account.</param>
/// <param name="Amount">How much, in the account's currency.</param>
/// <param name="Reference">What it is for; may be empty.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.money_received")]
public sealed record MoneyReceived(Guid AccountId, Guid TransferId, Guid From, decimal Amount, string Reference, decimal Balance, Origin Origin) : IIntegrationEvent;

/// <summary>Money that was sent came back.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="TransferId">The transfer.</param>
/// <param name="To">The other account, which did not take it.</param>
/// <param name="Amount">How much, in the account's currency.</param>
/// <param name="Reference">What it is for; may be empty.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.money_returned")]
public sealed record MoneyReturned(Guid AccountId, Guid TransferId, Guid To, decimal Amount, string Reference, decimal Balance, Origin Origin) : IIntegrationEvent;

/// <summary>A transfer was asked for.</summary>
/// <param name="TransferId">The transfer.</param>
/// <param name="From">The account that gives.</param>
/// <param name="To">The account that takes.</param>
/// <param name="Amount">How much.</param>
/// <param name="Currency">In which currency.</param>
/// <param name="Reference">What it is for; may be empty.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.transfer_requested")]
public sealed record TransferRequested(Guid TransferId, Guid From, Guid To, decimal Amount, Currency Currency, string Reference, Origin Origin) : IIntegrationEvent;

/// <summary>A transfer has moved its money. Nothing follows.</summary>
/// <param name="TransferId">The transfer.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.transfer_completed")]
public sealed record TransferCompleted(Guid TransferId, Origin Origin) : IIntegrationEvent;

/// <summary>A transfer was refused: nothing has moved. Nothing follows.</summary>
/// <param name="TransferId">The transfer.</param>
/// <param name="Reason">The code of why.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.transfer_refused")]
public sealed record TransferRefused(Guid TransferId, string Reason, Origin Origin) : IIntegrationEvent;

/// <summary>The money of a transfer has gone back. Nothing follows.</summary>
/// <param name="TransferId">The transfer.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.transfer_compensated")]
public sealed record TransferCompensated(Guid TransferId, Origin Origin) : IIntegrationEvent;
