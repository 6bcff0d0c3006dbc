using System.Text.Json.Serialization;

namespace Monolith.EventSourcing.Tests.Model;

/// <summary>An event that holds whatever an event may hold.</summary>
[EventType("everything.happened")]
public sealed record Everything(
    Numbers Numbers,
    Times Times,
    string Text,
    string? MaybeText,
    Guid Id,
    Mood Mood,
    Mood? MaybeMood,
    Shape Shape,
    IReadOnlyList<Shape> Shapes,
    IReadOnlyDictionary<string, decimal> Rates,
    IReadOnlyDictionary<Mood, int> Moods,
    int AddedLater = 42)
{
    public required string Required { get; init; }

    [JsonIgnore]
    public int NeverStored => Text.Length;

    public int Computed => Text.Length;
}

public sealed record Numbers(decimal Amount, long Large, ulong Larger, Int128 Huge, double Measure, bool Flag);

public sealed record Times(DateTimeOffset At, DateOnly Day, TimeOnly Time, TimeSpan Lasting);

public enum Mood
{
    Good,
    VeryGood,
    [JsonStringEnumMemberName("so-so")]
    SoSo,
}

[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Group), "group")]
public abstract record Shape(string N);

public sealed record Circle(string N, decimal Radius) : Shape(N);

public sealed record Group(string N, IReadOnlyList<Shape> Of) : Shape(N);
