namespace Monolith.EventSourcing.Tests;

[EventType("lamp.lit")]
public sealed record Lit(int Percent);

[EventType("lamp.put_out")]
public sealed record PutOut;

public sealed record LampState(bool IsOn, int Percent) : IState<LampState>
{
    public static LampState Initial { get; } = new(false, 0);

    public LampState Apply(object @event) => @event switch
    {
        Lit e => new(true, e.Percent),
        PutOut => this with { IsOn = false },
        _ => throw new UnknownEventException(@event),
    };
}

[AggregateType("lamp")]
public sealed class Lamp(Guid id) : Aggregate<LampState>(id)
{
    public static readonly Rejection TooBright = new("too_bright", "A lamp gives at most 100 percent.");

    public void Light(int percent)
    {
        Require(percent <= 100, TooBright);
        Raise(new Lit(percent));
    }

    public void Misfire() => Raise("no event of a lamp");
}
