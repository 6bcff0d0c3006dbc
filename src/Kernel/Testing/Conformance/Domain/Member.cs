using Monolith.EventSourcing;

namespace Monolith.Testing.Conformance;

[EventType("member.joined")]
public sealed record Joined(string Email);

[EventType("member.moved")]
public sealed record Moved(string Email);

[EventType("member.left")]
public sealed record Left;

public sealed record MemberState(string? Email) : IState<MemberState>, IClaimant
{
    public static MemberState Initial { get; } = new((string?)null);

    public IEnumerable<Claim> Claims => Email is null ? [] : [new("email", Email)];

    public MemberState Apply(object @event) => @event switch
    {
        Joined e => new(e.Email),
        Moved e => new(e.Email),
        Left => new((string?)null),
        _ => throw new UnknownEventException(@event),
    };
}

/// <summary>Holds an email address that no other member of the tenant may have.</summary>
[AggregateType("member")]
public sealed class Member(Guid id) : Aggregate<MemberState>(id)
{
    public void Join(string email) => Raise(new Joined(email));

    public void Move(string email) => Raise(new Moved(email));

    public void Leave() => Raise(new Left());
}
