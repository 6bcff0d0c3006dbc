using Monolith.EventSourcing;

namespace Monolith.Testing.Tests.Sample;

[EventType("parcel.registered")]
public sealed record ParcelRegistered(string Barcode, string Recipient);

[EventType("parcel.weighed")]
public sealed record ParcelWeighed(decimal Kilograms);

[EventType("parcel.stamped")]
public sealed record ParcelStamped(IReadOnlyList<string> Stamps);

[EventType("parcel.returned")]
public sealed record ParcelReturned;

// What a careless author may write: the field cannot be read back, because the constructor does not take it.
[EventType("parcel.scribbled")]
public sealed class ParcelScribbled(string text)
{
    public string Scribble { get; } = text;
}

// Another: nothing of a tuple reaches the JSON.
[EventType("parcel.measured")]
public sealed record ParcelMeasured((int Width, int Height) Size);

[EventType("parcel.lost")]
public sealed record ParcelLost;

public sealed record ParcelState(bool IsUnderway, string Barcode, decimal Kilograms) : IState<ParcelState>, IClaimant
{
    public static ParcelState Initial { get; } = new(false, "", 0m);

    public IEnumerable<Claim> Claims => IsUnderway ? [new("barcode", Barcode)] : [];

    public ParcelState Apply(object @event) => @event switch
    {
        ParcelRegistered e => new(true, e.Barcode, 0m),
        ParcelWeighed e => this with { Kilograms = e.Kilograms },
        ParcelStamped or ParcelScribbled or ParcelMeasured => this,
        ParcelReturned => this with { IsUnderway = false },
        _ => throw new UnknownEventException(@event),
    };
}

[AggregateType("parcel")]
public sealed class Parcel(Guid id) : Aggregate<ParcelState>(id)
{
    public static readonly Rejection NotUnderway = new("not_underway", "The parcel is not underway.");

    public void Register(string barcode, string recipient) => Raise(new ParcelRegistered(barcode, recipient));

    public void Weigh(decimal kilograms)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kilograms);
        Require(State.IsUnderway, NotUnderway);
        if (kilograms != State.Kilograms)
        {
            Raise(new ParcelWeighed(kilograms));
        }
    }

    public void Stamp(params string[] stamps) => Raise(new ParcelStamped(stamps));

    public void Return() => Raise(new ParcelReturned());

    public void Lose() => Raise(new ParcelLost());

    public void Scribble(string text) => Raise(new ParcelScribbled(text));
}
