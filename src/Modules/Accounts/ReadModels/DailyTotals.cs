using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Accounts.ReadModels;

/// <summary>What moved on all accounts of one currency on one day, by UTC.</summary>
/// <param name="Day">The day.</param>
/// <param name="Currency">The currency, by ISO 4217.</param>
/// <param name="Deposited">What came in from outside.</param>
/// <param name="Withdrawn">What went out.</param>
/// <param name="Sent">What left for other accounts.</param>
/// <param name="Received">What came from other accounts.</param>
/// <param name="Returned">What came back, because the other account did not take it.</param>
/// <param name="Movements">How many movements that were.</param>
public sealed record DailyTotal(
    DateOnly Day, string Currency, decimal Deposited, decimal Withdrawn, decimal Sent, decimal Received, decimal Returned, long Movements);

/// <summary>
/// Adds up what moves, by day and currency: one row of many accounts. A table, because a movement does not say its currency and only SQL can look it up, in a
/// table beside it.
/// </summary>
public sealed class DailyTotals : TableProjection
{
    /// <summary>The projection <c>accounts.daily_totals</c>.</summary>
    public DailyTotals() : base("accounts.daily_totals", version: 1, "accounts") => Reads<Account>();

    /// <inheritdoc/>
    public override string Definition =>
        """
        create table if not exists account_currencies (
          tenant_id text not null,
          account_id uuid not null,
          currency text not null,
          constraint account_currencies_pkey primary key (tenant_id, account_id)
        );
        create table if not exists daily_totals (
          tenant_id text not null,
          day date not null,
          currency text not null,
          deposited numeric not null,
          withdrawn numeric not null,
          sent numeric not null,
          received numeric not null,
          returned numeric not null,
          movements bigint not null,
          constraint daily_totals_pkey primary key (tenant_id, day, currency)
        );
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Tables => ["account_currencies", "daily_totals"];

    /// <summary>The totals of a tenant, newest day first. Its values: the tenant, the first day, the last day, the currency or null for all.</summary>
    internal const string Select =
        """
        select jsonb_build_object(
          'day', day, 'currency', currency, 'deposited', deposited, 'withdrawn', withdrawn,
          'sent', sent, 'received', received, 'returned', returned, 'movements', movements)
        from accounts.daily_totals
        where tenant_id = ?
          and day between ? and ?
          and currency = coalesce(?, currency)
        order by day desc, currency
        """;

    private const string Remember = "insert into account_currencies (tenant_id, account_id, currency) values ($1, $2, $3)";

    private const string AddUp =
        """
        insert into daily_totals as total (tenant_id, day, currency, deposited, withdrawn, sent, received, returned, movements)
        select tenant_id, $3, currency, $4, $5, $6, $7, $8, 1
        from account_currencies
        where tenant_id = $1 and account_id = $2
        on conflict (tenant_id, day, currency) do update set
          deposited = total.deposited + excluded.deposited,
          withdrawn = total.withdrawn + excluded.withdrawn,
          sent = total.sent + excluded.sent,
          received = total.received + excluded.received,
          returned = total.returned + excluded.returned,
          movements = total.movements + 1
        """;

    /// <inheritdoc/>
    public override void Apply(EventEnvelope envelope, TableStatements statements)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(statements);
        switch (envelope.Event)
        {
            case AccountOpened e:
                statements.Add(Remember, envelope.TenantId, envelope.AggregateId, e.Currency.Code);
                break;
            case Deposited e:
                Add(deposited: e.Amount);
                break;
            case Withdrawn e:
                Add(withdrawn: e.Amount);
                break;
            case TransferSent e:
                Add(sent: e.Amount);
                break;
            case TransferReceived e:
                Add(received: e.Amount);
                break;
            case TransferReturned e:
                Add(returned: e.Amount);
                break;
        }

        void Add(decimal deposited = 0m, decimal withdrawn = 0m, decimal sent = 0m, decimal received = 0m, decimal returned = 0m) => statements.Add(
            AddUp, envelope.TenantId, envelope.AggregateId, DateOnly.FromDateTime(envelope.RecordedAt.UtcDateTime), deposited, withdrawn, sent, received, returned);
    }
}
