using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Testing.Tests.Sample;

/// <summary>A row for each parcel that is underway.</summary>
public class ParcelTable : TableProjection
{
    public ParcelTable() : base("parcels.weights", version: 1, "parcels") => Reads<Parcel>();

    public override string Definition =>
        """
        create table if not exists weights (
          tenant_id text not null,
          parcel_id uuid not null,
          recipient text not null,
          kilograms numeric,
          constraint weights_pkey primary key (tenant_id, parcel_id)
        )
        """;

    public override IReadOnlyList<string> Tables => ["weights"];

    public override string AggregateColumn => "parcel_id";

    public override void Apply(EventEnvelope envelope, TableStatements statements)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(statements);
        switch (envelope.Event)
        {
            case ParcelRegistered e:
                statements.Add("insert into weights (tenant_id, parcel_id, recipient) values ($1, $2, $3)", envelope.TenantId, envelope.AggregateId, e.Recipient);
                break;
            case ParcelWeighed e:
                statements.Add("update weights set kilograms = $3 where tenant_id = $1 and parcel_id = $2", envelope.TenantId, envelope.AggregateId, e.Kilograms);
                break;
            case ParcelReturned:
                statements.Add("delete from weights where tenant_id = $1 and parcel_id = $2", envelope.TenantId, envelope.AggregateId);
                break;
        }
    }
}

/// <summary>What must be found out: it asks the database for what a rebuild cannot give again.</summary>
public sealed class DicedTable : ParcelTable
{
    public override void Apply(EventEnvelope envelope, TableStatements statements)
    {
        base.Apply(envelope, statements);
        statements.Add("update weights set kilograms = random()");
    }
}

/// <summary>Sends a mail for each parcel, and knows which it has sent, unless it is careless.</summary>
public sealed class ParcelMails : Subscription
{
    private readonly HashSet<Guid> sent = [];
    private readonly bool isCareless;

    public ParcelMails(bool isCareless = false) : base("parcels.mails")
    {
        this.isCareless = isCareless;
        Reads<Parcel>();
        Only<ParcelRegistered>();
    }

    public List<string> Mails { get; } = [];

    public override Task Handle(EventEnvelope envelope, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        if (sent.Add(envelope.EventId) || isCareless)
        {
            Mails.Add(((ParcelRegistered)envelope.Event).Recipient);
        }

        return Task.CompletedTask;
    }
}
