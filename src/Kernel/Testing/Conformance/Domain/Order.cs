using System.Text.Json.Serialization;
using Monolith.EventSourcing;

namespace Monolith.Testing.Conformance;

/// <summary>Nested, with a list, a dictionary, an enum and a member of varying type.</summary>
[EventType("order.placed")]
public sealed record OrderPlaced(
    Customer Customer, IReadOnlyList<OrderLine> Lines, Payment Payment, Urgency Urgency, DateTimeOffset At, IReadOnlyDictionary<string, string> Labels);

[EventType("order.remarked")]
public sealed record OrderRemarked(string Text);

[EventType("order.measured")]
public sealed record OrderMeasured(decimal Exact, long Large, ulong Larger, double Approximate, DateTimeOffset At, TimeSpan For, Guid Id, decimal? Nothing);

public sealed record Customer(string Name, Address Address);

public sealed record Address(string Street, string City, Address? Billing);

public sealed record OrderLine(string Sku, int Quantity, decimal Price);

public enum Urgency
{
    Normal,
    NextDay,
}

/// <summary>The database returns the shorter name <c>iban</c> before the discriminator <c>$type</c>, wherever it was written.</summary>
[JsonDerivedType(typeof(Card), "card")]
[JsonDerivedType(typeof(Transfer), "transfer")]
public abstract record Payment
{
    public sealed record Card(string Pan, int CVC) : Payment;

    public sealed record Transfer(string Iban) : Payment;
}

public sealed record OrderState(int Events, string LastText) : IState<OrderState>
{
    public static OrderState Initial { get; } = new(0, "");

    public OrderState Apply(object @event) => @event switch
    {
        OrderRemarked e => new(Events + 1, e.Text),
        OrderPlaced or OrderMeasured => this with { Events = Events + 1 },
        _ => throw new UnknownEventException(@event),
    };
}

/// <summary>An aggregate whose events hold everything that JSON and the database could spoil.</summary>
[AggregateType("order")]
public sealed class Order(Guid id) : Aggregate<OrderState>(id);
