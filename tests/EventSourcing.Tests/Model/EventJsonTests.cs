using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CsCheck;

namespace Monolith.EventSourcing.Tests.Model;

public class EventJsonTests
{
    private static readonly DomainModel Model = new DomainModelBuilder().AddEvent(typeof(Everything)).Build();
    private static readonly EventDefinition Definition = Model.Event(typeof(Everything));

    // Every scalar value of Unicode but NUL, which PostgreSQL does not keep; those that break programs more often than the others.
    private static readonly Gen<string> Text = Gen.Frequency(
            (4, Gen.Int[0x20, 0x7e]),
            (2, Gen.OneOf(Gen.Const((int)'"'), Gen.Const((int)'\\'), Gen.Int[1, 0x1f], Gen.Const(0x2028), Gen.Const(0x301), Gen.Const(0x200f))),
            (1, Gen.Int[0x590, 0x6ff]),
            (1, Gen.Int[0x1f300, 0x1faff]),
            (1, Gen.Int[1, 0x10ffff].Where(Rune.IsValid)))
        .Select(scalar => new Rune(scalar).ToString()).List[0, 12].Select(string.Concat);

    private static readonly Gen<DateTimeOffset> Instant = Gen.Select(Gen.Long[0, 3_000_000_000_000_000], Gen.Int[-14 * 60, 14 * 60])
        .Select((microseconds, minutes) => new DateTimeOffset(DateTime.UnixEpoch.AddMicroseconds(microseconds).Ticks, TimeSpan.FromMinutes(minutes)));

    private static readonly Gen<Mood> AnyMood = Gen.OneOf(Mood.Good, Mood.VeryGood, Mood.SoSo);

    private static readonly Gen<Shape> AnyShape = Gen.Recursive<Shape>((depth, self) =>
    {
        var circle = Gen.Select(Text, Gen.Decimal, Shape (name, radius) => new Circle(name, radius));
        return depth > 3 ? circle : Gen.Frequency((2, circle), (1, Gen.Select(Text, self.List[0, 3], Shape (name, of) => new Group(name, of))));
    });

    private static readonly Gen<Everything> AnyEvent =
        from numbers in Gen.Select(Gen.Decimal, Gen.Long, Gen.ULong, Gen.Int128, Gen.Double.Where(double.IsFinite), Gen.Bool, (a, b, c, d, e, f) => new Numbers(a, b, c, d, e, f))
        from times in Gen.Select(Instant, Gen.DateOnly, Gen.TimeOnly, Gen.TimeSpan, (a, b, c, d) => new Times(a, b, c, d))
        from text in Text
        from maybeText in Gen.Null(Text)
        from id in Gen.Guid
        from mood in AnyMood
        from maybeMood in Gen.Nullable(AnyMood)
        from shape in AnyShape
        from shapes in AnyShape.List[0, 3]
        from rates in Gen.Dictionary(Text, Gen.Decimal)[0, 3]
        from moods in Gen.Dictionary(AnyMood, Gen.Int)[0, 3]
        select new Everything(numbers, times, text, maybeText, id, mood, maybeMood, shape, shapes, rates, moods) { Required = text };

    [Fact]
    public void Whatever_is_written_is_read_again_in_whatever_order_the_members_come() =>
        AnyEvent.Sample(written =>
        {
            var json = Definition.Serialize(written);
            var read = (Everything)Definition.Deserialize(Reversed(json));

            Assert.Equal(written.Numbers, read.Numbers);
            Assert.Equal(written.Times, read.Times);
            Assert.Equal(written.Times.At.Offset, read.Times.At.Offset);
            Assert.Equivalent(written, read, strict: true);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), JsonNode.Parse(Definition.Serialize(read))));
        });

    [Fact]
    public void Names_are_in_camel_case_enums_are_words_and_what_follows_from_the_rest_is_left_out()
    {
        var json = JsonNode.Parse(Definition.Serialize(Sample))!.AsObject();

        Assert.Equal(
            ["addedLater", "id", "maybeMood", "maybeText", "mood", "moods", "numbers", "rates", "required", "shape", "shapes", "text", "times"],
            json.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal("""["very_good","so-so",{"good":3}]""", new JsonArray(json["mood"]!.DeepClone(), json["maybeMood"]!.DeepClone(), json["moods"]!.DeepClone()).ToJsonString());
        Assert.Equal("circle", (string?)json["shape"]!["$type"]);
    }

    [Fact]
    public void A_decimal_keeps_its_digits() =>
        Assert.Equal("10.00", ((Everything)Definition.Deserialize(Definition.Serialize(Sample))).Numbers.Amount.ToString());

    [Fact]
    public void Letters_of_all_languages_are_written_as_they_are() =>
        Assert.Contains("\"text\":\"é ש 中 <&'>\"", Encoding.UTF8.GetString(Definition.Serialize(Sample with { Text = "é ש 中 <&'>" })), StringComparison.Ordinal);

    [Fact]
    public void A_member_added_later_with_a_default_may_be_missing() => Assert.Equal(42, Read(json => json.Remove("addedLater")).AddedLater);

    [Fact]
    public void A_member_that_the_class_no_longer_has_is_ignored() => Assert.Equal(Sample.Text, Read(json => json["retired"] = 1).Text);

    [Theory]
    [InlineData("id")]
    [InlineData("text")]
    [InlineData("required")]
    [InlineData("maybeText")]
    public void A_missing_member_without_a_default_is_an_error(string member) => Assert.Throws<JsonException>(() => Read(json => json.Remove(member)));

    [Theory]
    [InlineData("text")]
    [InlineData("shape")]
    [InlineData("required")]
    public void Null_where_none_is_allowed_is_an_error(string member) => Assert.Throws<JsonException>(() => Read(json => json[member] = null));

    [Theory]
    [InlineData("1")]
    [InlineData("\"splendid\"")]
    public void An_enum_that_is_a_number_or_an_unknown_word_is_an_error(string mood) => Assert.Throws<JsonException>(() => Read(json => json["mood"] = JsonNode.Parse(mood)));

    [Fact]
    public void A_number_in_quotes_is_an_error() => Assert.Throws<JsonException>(() => Read(json => json["addedLater"] = "42"));

    [Fact]
    public void An_enum_value_without_a_name_cannot_be_written() => Assert.Throws<JsonException>(() => Definition.Serialize(Sample with { Mood = (Mood)99 }));

    [Fact]
    public void A_type_that_cannot_be_stored_is_refused_when_the_model_is_built() =>
        Assert.Contains(
            "as JSON",
            Assert.Throws<InvalidModelException>(() => new DomainModelBuilder().AddEvent(Declared.Event("twice.named", parent: typeof(OneNameTwice))).Build()).Message,
            StringComparison.Ordinal);

    private static readonly Everything Sample = new(
        new(10.00m, long.MaxValue, ulong.MaxValue, Int128.MinValue, 0.1, true),
        new(new(2026, 5, 1, 12, 30, 15, 123, 456, TimeSpan.FromHours(2)), new(2026, 5, 1), new(12, 30), TimeSpan.FromDays(3)),
        "text",
        null,
        Guid.Empty,
        Mood.VeryGood,
        Mood.SoSo,
        new Circle("c", 1.5m),
        [],
        new Dictionary<string, decimal> { ["a \"b\" é"] = 1.10m },
        new Dictionary<Mood, int> { [Mood.Good] = 3 })
    {
        Required = "r",
    };

    private static Everything Read(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(Definition.Serialize(Sample))!.AsObject();
        change(json);
        return (Everything)Definition.Deserialize(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    private static byte[] Reversed(byte[] json) => Encoding.UTF8.GetBytes(Reversed(JsonNode.Parse(json))!.ToJsonString(EventJson.Options));

    private static JsonNode? Reversed(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Reverse().Select(member => KeyValuePair.Create(member.Key, Reversed(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Reversed)]),
        _ => node?.DeepClone(),
    };

    public class OneNameTwice(int value)
    {
        public int Value { get; } = value;

        [JsonPropertyName("value")]
        public int Other { get; init; }
    }
}
