using Monolith.Contracts;

namespace Monolith.Accounts.Contracts.Events;

// A field may be added, nullable or with a default; never renamed, never removed, never given another meaning: a new name is a new event.

/// <summary>An account was opened, empty.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Holder">Whose money it will be.</param>
/// <param name="Currency">The currency of all its amounts.</param>
/// <param name="Origin">The stored event.</param>
[IntegrationEvent("accounts.account_opened")]
public sealed record AccountOpened(Guid AccountId, string Holder, Currency Currency, Origin Origin) : IIntegrationEvent;

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
