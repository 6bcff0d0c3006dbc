using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Monolith.EventSourcing;

namespace Monolith.Testing.Tests.Approval;

[EventType("crate.packed")]
public sealed record CratePacked(
    int Pieces,
    string Label,
    string? Remark,
    Care Care,
    Size Size,
    Contents Contents,
    IReadOnlyList<Layer> Layers,
    IReadOnlyDictionary<string, decimal> Weights,
    IReadOnlyDictionary<Care, long> Counts,
    Marks Marks,
    DateTimeOffset At,
    Code Code,
    Code? Former = null,
    IReadOnlyList<Code>? Codes = null,
    string Place = "dock")
{
    public required string Packer { get; init; }
}

[EventType("crate.sealed", Version = 2, Aliases = ["crate.shut", "crate.closed"])]
public sealed record CrateSealed(Guid Seal);

public sealed class CrateSealedV1() : Upcaster("crate.sealed", 1)
{
    public override IEnumerable<Upcast> Up(JsonObject data) => [Next(new() { ["seal"] = Guid.Empty })];
}

[EventType("crate.opened")]
public sealed record CrateOpened;

public sealed class CrateDropped() : Upcaster("crate.dropped", 1)
{
    public override IEnumerable<Upcast> Up(JsonObject data) => [];
}

public enum Care
{
    Normal,
    ThisSideUp,
}

[Flags]
public enum Marks
{
    Wet = 1,
    Torn = 2,
}

public sealed record Size(decimal Height, double Width);

public sealed record Layer(string Name, Layer? Above, Size Size);

[JsonDerivedType(typeof(Bottles), "bottles")]
[JsonDerivedType(typeof(Books), "books")]
public abstract record Contents;

public sealed record Bottles(int Litres, bool Glass = true) : Contents;

public sealed record Books(IReadOnlyList<string> Titles) : Contents;

[JsonConverter(typeof(CodeJson))]
public readonly record struct Code(string Text);

public sealed class CodeJson : JsonConverter<Code>
{
    public override Code Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) => new(reader.GetString()!);

    public override void Write(System.Text.Json.Utf8JsonWriter writer, Code value, System.Text.Json.JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}
