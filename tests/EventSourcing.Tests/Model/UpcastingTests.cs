using System.Text;
using System.Text.Json.Nodes;

namespace Monolith.EventSourcing.Tests.Model;

public class UpcastingTests
{
    private static readonly StreamId Stream = new("acme", "person", Guid.Empty);

    private static readonly DomainModel Model = new DomainModelBuilder()
        .AddEvent(typeof(Named)).AddEvent(typeof(Moved)).AddEvent(typeof(Looped))
        .Add(new FullName()).Add(new SplitName()).Add(new Relocated()).Add(new Sneezed()).Add(new Broken()).Add(new Orphan()).Add(new Ping()).Add(new Pong())
        .Build();

    [Fact]
    public void An_event_of_the_current_version_is_read_as_it_is() =>
        Assert.Equal([new Named("Ada", "Lovelace")], Decode("person.named", 3, """{"first":"Ada","last":"Lovelace"}"""));

    [Fact]
    public void An_event_of_an_older_version_goes_through_all_the_upcasters_after_it()
    {
        Assert.Equal([new Named("Ada", "Lovelace")], Decode("person.named", 2, """{"full":"Ada Lovelace"}"""));
        Assert.Equal([new Named("Ada", "Lovelace")], Decode("person.named", 1, """{"name":"Ada Lovelace"}"""));
    }

    [Fact]
    public void An_event_of_a_former_name_is_read_in_its_own_version_too()
    {
        Assert.Equal([new Named("Ada", "Lovelace")], Decode("person.baptized", 3, """{"first":"Ada","last":"Lovelace"}"""));
        Assert.Equal([new Named("Ada", "Lovelace")], Decode("person.baptized", 1, """{"name":"Ada Lovelace"}"""));
    }

    [Fact]
    public void One_stored_event_can_become_several_of_other_types_in_order() =>
        Assert.Equal(
            [new Named("Ada", "King"), new Moved("London")],
            Decode("person.relocated", 1, """{"name":"Ada King","town":"London"}"""));

    [Fact]
    public void A_stored_event_can_become_none() => Assert.Empty(Decode("person.sneezed", 1, "{}"));

    [Theory]
    [InlineData("person.named", 1, true)]
    [InlineData("person.named", 3, true)]
    [InlineData("person.named", 4, false)]
    [InlineData("person.baptized", 2, true)]
    [InlineData("person.sneezed", 1, true)]
    [InlineData("person.sneezed", 2, false)]
    [InlineData("person.forgotten", 1, false)]
    public void A_model_says_which_names_and_versions_it_can_read(string eventType, short version, bool expected) =>
        Assert.Equal(expected, Model.CanRead(eventType, version));

    [Fact]
    public void An_unknown_name_is_an_error_that_says_what_and_where()
    {
        var error = Assert.Throws<UnknownEventTypeException>(() => Decode("person.forgotten", 1, "{}"));

        Assert.Equal(("person.forgotten", Stream, 7L), (error.EventType, error.Stream, error.Version));
    }

    [Fact]
    public void An_upcaster_that_leads_to_an_unknown_name_is_that_error_too() =>
        Assert.Equal("person.lost", Assert.Throws<UnknownEventTypeException>(() => Decode("person.orphaned", 1, "{}")).EventType);

    [Fact]
    public void A_version_that_this_process_does_not_know_yet_is_unreadable_instead_of_misread() =>
        Assert.Contains("version 4", Unreadable("person.named", 4, """{"first":"Ada","last":"Lovelace"}""").Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("person.named", 3, """{"first":"Ada"}""")]
    [InlineData("person.named", 3, """{"first":""")]
    [InlineData("person.named", 3, "null")]
    [InlineData("person.named", 2, "[]")]
    [InlineData("person.named", 2, "{}")]
    [InlineData("person.broken", 1, "{}")]
    public void Data_that_does_not_fit_is_unreadable_and_the_error_says_where(string eventType, short version, string data)
    {
        var error = Unreadable(eventType, version, data);

        Assert.Equal((eventType, Stream, 7L), (error.EventType, error.Stream, error.Version));
        Assert.NotNull(error.InnerException);
    }

    [Theory]
    [InlineData("person.looped")]
    [InlineData("person.pinged")]
    public void Upcasters_that_lead_in_a_circle_make_an_event_unreadable_instead_of_ending_the_process(string eventType) =>
        Assert.Contains("circle", Unreadable(eventType, 1, "{}").Message, StringComparison.Ordinal);

    private static UnreadableEventException Unreadable(string eventType, short version, string data) =>
        Assert.Throws<UnreadableEventException>(() => Decode(eventType, version, data));

    private static object[] Decode(string eventType, short version, string data)
    {
        var decoded = Model.Decode(eventType, version, Encoding.UTF8.GetBytes(data), Stream, 7);
        return [.. Enumerable.Range(0, decoded.Count).Select(index => decoded[index])];
    }

    [EventType("person.named", Version = 3, Aliases = ["person.baptized"])]
    public sealed record Named(string First, string Last);

    [EventType("person.moved")]
    public sealed record Moved(string To);

    [EventType("person.looped", Version = 2)]
    public sealed record Looped;

    private sealed class FullName() : Upcaster("person.named", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) => [Next(new() { ["full"] = data["name"]?.DeepClone() })];
    }

    private sealed class SplitName() : Upcaster("person.named", 2)
    {
        public override IEnumerable<Upcast> Up(JsonObject data)
        {
            var words = ((string)data["full"]!).Split(' ');
            return [Next(new() { ["first"] = words[0], ["last"] = words[1] })];
        }
    }

    private sealed class Relocated() : Upcaster("person.relocated", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) =>
        [
            new("person.named", 1, new() { ["name"] = data["name"]?.DeepClone() }),
            new("person.moved", 1, new() { ["to"] = data["town"]?.DeepClone() }),
        ];
    }

    private sealed class Sneezed() : Upcaster("person.sneezed", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) => [];
    }

    private sealed class Broken() : Upcaster("person.broken", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) => throw new FormatException("broken");
    }

    private sealed class Orphan() : Upcaster("person.orphaned", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) => [new("person.lost", 1, data)];
    }

    private sealed class Ping() : Upcaster("person.pinged", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) => [new("person.looped", 1, data)];
    }

    private sealed class Pong() : Upcaster("person.looped", 1)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) => [new("person.pinged", 1, data), new("person.pinged", 1, data)];
    }
}
