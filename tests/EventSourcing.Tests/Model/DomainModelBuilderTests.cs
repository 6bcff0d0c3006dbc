using System.Text.Json.Nodes;

namespace Monolith.EventSourcing.Tests.Model;

public class DomainModelBuilderTests
{
    [Fact]
    public void An_assembly_gives_all_that_it_declares_in_the_order_of_names()
    {
        var model = new DomainModelBuilder().Add(typeof(Lamp).Assembly).Build();

        Assert.Equal(["lamp.lit", "lamp.put_out"], model.Events.Select(definition => definition.Name).Where(name => name.StartsWith("lamp.", StringComparison.Ordinal)));
        Assert.Equal(typeof(Lit), model.FindEvent("lamp.lit")?.ClrType);
        Assert.Equal("lamp.lit", model.Event(typeof(Lit)).Name);
        Assert.Equal((typeof(Lamp), typeof(LampState), 100), Of(model.Aggregate("lamp")));
        Assert.Same(model.Aggregate("lamp"), model.Aggregate(typeof(Lamp)));

        static (Type ClrType, Type StateType, int SnapshotEvery) Of(AggregateDefinition lamp) => (lamp.ClrType, lamp.StateType, lamp.SnapshotEvery);
    }

    [Fact]
    public void An_assembly_added_twice_counts_once() =>
        Assert.NotEmpty(new DomainModelBuilder().Add(typeof(Lamp).Assembly).Add(typeof(Lamp).Assembly).Build().Events);

    [Fact]
    public void What_is_not_registered_is_null_or_an_error_that_names_it()
    {
        var model = new DomainModelBuilder().Build();

        Assert.Null(model.FindEvent("lamp.lit"));
        Assert.Null(model.FindAggregate("lamp"));
        Assert.Contains(typeof(Lit).FullName!, Assert.Throws<InvalidModelException>(() => model.Event(typeof(Lit))).Message, StringComparison.Ordinal);
        Assert.Contains(typeof(Lamp).FullName!, Assert.Throws<InvalidModelException>(() => model.Aggregate(typeof(Lamp))).Message, StringComparison.Ordinal);
        Assert.Contains("'lamp'", Assert.Throws<InvalidModelException>(() => model.Aggregate("lamp")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lit")]
    [InlineData("lamp.")]
    [InlineData(".lit")]
    [InlineData("lamp..lit")]
    [InlineData("Lamp.lit")]
    [InlineData("lamp.Lit")]
    [InlineData("lamp.put out")]
    [InlineData("lamp.put-out")]
    [InlineData("lamp.1st")]
    [InlineData("lamp.lit\n")]
    [InlineData("lämp.lit")]
    [InlineData("")]
    public void A_malformed_event_name_is_refused(string name) => Refused($"'{name}'", Declared.Event(name));

    [Theory]
    [InlineData("lamp.lit")]
    [InlineData("lamp_2.put_out_3")]
    [InlineData("house.lamp.lit")]
    public void A_well_formed_event_name_is_taken(string name) =>
        Assert.NotNull(new DomainModelBuilder().AddEvent(Declared.Event(name)).Build().FindEvent(name));

    [Fact]
    public void An_event_name_may_have_128_characters_and_no_more()
    {
        var longest = "lamp." + new string('x', 123);

        Assert.NotNull(new DomainModelBuilder().AddEvent(Declared.Event(longest)).Build().FindEvent(longest));
        Refused("128", Declared.Event(longest + "x"));
    }

    [Fact]
    public void A_malformed_alias_is_refused_and_named() => Refused("'Lamp.On'", Declared.Event("lamp.lit", aliases: ["Lamp.On"]));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_version_below_1_is_refused(short version) => Refused("version", Declared.Event("lamp.lit", version));

    [Fact]
    public void Two_events_of_one_name_are_refused_and_both_named()
    {
        var (one, other) = (Declared.Event("lamp.lit"), Declared.Event("lamp.lit"));

        var message = Refused("'lamp.lit'", one, other);

        Assert.Contains(one.FullName!, message, StringComparison.Ordinal);
        Assert.Contains(other.FullName!, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_that_is_another_events_name_is_refused() => Refused("'lamp.lit'", Declared.Event("lamp.lit"), Declared.Event("lamp.on", aliases: ["lamp.lit"]));

    [Theory]
    [InlineData("Lamp")]
    [InlineData("1amp")]
    [InlineData("lamp.post")]
    [InlineData("lamp-post")]
    [InlineData("lamp\n")]
    [InlineData("a23456789012345678901234567890123")]
    [InlineData("")]
    public void A_malformed_aggregate_name_is_refused(string name) => RefusedAggregate($"'{name}'", Declared.Aggregate(name));

    [Fact]
    public void Two_aggregates_of_one_name_are_refused() => RefusedAggregate("'lamp'", Declared.Aggregate("lamp"), Declared.Aggregate("lamp"));

    [Theory]
    [InlineData(nameof(AggregateTypeAttribute.SnapshotEvery))]
    [InlineData(nameof(AggregateTypeAttribute.SnapshotAfterBytes))]
    [InlineData(nameof(AggregateTypeAttribute.SnapshotsKept))]
    [InlineData(nameof(AggregateTypeAttribute.SnapshotKeptEvery))]
    public void A_negative_number_for_snapshots_is_refused(string property) => RefusedAggregate(property, Declared.Aggregate("lamp", property, -1));

    [Theory]
    [InlineData(nameof(AggregateTypeAttribute.SnapshotEvery), 0, false)]
    [InlineData(nameof(AggregateTypeAttribute.SnapshotEvery), 1, true)]
    [InlineData(nameof(AggregateTypeAttribute.SnapshotAfterBytes), 1, true)]
    public void A_type_has_snapshots_when_anything_calls_for_one(string property, int value, bool expected) =>
        Assert.Equal(expected, new DomainModelBuilder().AddAggregate(Declared.Aggregate("lamp", property, value)).Build().Aggregate("lamp").HasSnapshots);

    [Fact]
    public void An_aggregate_without_a_constructor_that_takes_the_id_is_refused() =>
        RefusedAggregate("(Guid id)", Declared.Aggregate("lamp", parent: typeof(ConstructorlessLamp)));

    [Fact]
    public void An_aggregate_that_derives_from_nothing_is_refused() => RefusedAggregate("Aggregate<TState>", Declared.Aggregate("lamp", parent: typeof(object)));

    [Fact]
    public void A_class_without_its_attribute_is_refused()
    {
        Assert.Throws<InvalidModelException>(() => new DomainModelBuilder().AddEvent(typeof(string)));
        Assert.Throws<InvalidModelException>(() => new DomainModelBuilder().AddAggregate(typeof(string)));
    }

    [Fact]
    public void A_version_that_nothing_upcasts_is_refused_and_named() =>
        Assert.Contains(
            "its version 2",
            Assert.Throws<InvalidModelException>(() => new DomainModelBuilder()
                .AddEvent(Declared.Event("lamp.lit", version: 4)).Add(new Step("lamp.lit", 1)).Add(new Step("lamp.lit", 3)).Build()).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Two_upcasters_of_one_version_are_refused() =>
        Assert.Throws<InvalidModelException>(() => new DomainModelBuilder()
            .AddEvent(Declared.Event("lamp.lit", version: 2)).Add(new Step("lamp.lit", 1)).Add(new Step("lamp.lit", 1)).Build());

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void An_upcaster_of_the_current_version_or_a_later_one_is_refused(short version) =>
        Assert.Throws<InvalidModelException>(() => new DomainModelBuilder()
            .AddEvent(Declared.Event("lamp.lit", version: 2)).Add(new Step("lamp.lit", 1)).Add(new Step("lamp.lit", version)).Build());

    [Fact]
    public void An_upcaster_of_an_alias_is_refused() =>
        Assert.Throws<InvalidModelException>(() => new DomainModelBuilder()
            .AddEvent(Declared.Event("lamp.lit", aliases: ["lamp.on"])).Add(new Step("lamp.on", 1)).Build());

    private static string Refused(string mentioned, params Type[] events)
    {
        var builder = new DomainModelBuilder();
        Array.ForEach(events, type => builder.AddEvent(type));
        var message = Assert.Throws<InvalidModelException>(builder.Build).Message;
        Assert.Contains(mentioned, message, StringComparison.Ordinal);
        return message;
    }

    private static void RefusedAggregate(string mentioned, params Type[] aggregates)
    {
        var builder = new DomainModelBuilder();
        Array.ForEach(aggregates, type => builder.AddAggregate(type));
        Assert.Contains(mentioned, Assert.Throws<InvalidModelException>(builder.Build).Message, StringComparison.Ordinal);
    }

    public abstract class ConstructorlessLamp() : Aggregate<LampState>(Guid.Empty);

    private sealed class Step(string eventType, short version) : Upcaster(eventType, version)
    {
        public override IEnumerable<Upcast> Up(JsonObject data) => [Next(data)];
    }
}
