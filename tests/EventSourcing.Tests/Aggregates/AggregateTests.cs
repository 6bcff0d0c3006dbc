using CsCheck;

namespace Monolith.EventSourcing.Tests.Aggregates;

public class AggregateTests
{
    private static readonly Guid Id = new("01900000-0000-7000-8000-000000000001");

    [Fact]
    public void A_new_aggregate_has_its_id_the_initial_state_and_version_0()
    {
        var lamp = new Lamp(Id);

        Assert.Equal((Id, 0L, LampState.Initial), (lamp.Id, lamp.Version, lamp.State));
        Assert.Empty(lamp.UncommittedEvents);
    }

    [Fact]
    public void A_raised_event_changes_the_state_and_waits_uncommitted_but_the_version_stays()
    {
        var lamp = new Lamp(Id);

        lamp.Light(30);
        lamp.Light(60);

        Assert.Equal(new LampState(true, 60), lamp.State);
        Assert.Equal(0, lamp.Version);
        Assert.Equal([new Lit(30), new Lit(60)], lamp.UncommittedEvents.Select(raised => raised.Event));
    }

    [Fact]
    public void Raised_events_have_ids_that_sort_in_the_order_of_time()
    {
        var lamp = new Lamp(Id);

        lamp.Light(30);
        lamp.Light(60);

        Assert.All(lamp.UncommittedEvents, raised => Assert.Equal(7, raised.Id.Version));
        Assert.NotEqual(lamp.UncommittedEvents[0].Id, lamp.UncommittedEvents[1].Id);
    }

    [Fact]
    public void A_refused_decision_raises_nothing_and_says_why()
    {
        var lamp = new Lamp(Id);

        var refusal = Assert.Throws<RejectedException>(() => lamp.Light(101));

        Assert.Equal((Lamp.TooBright, "too_bright", Lamp.TooBright.Message, false), (refusal.Rejection, refusal.Code, refusal.Message, refusal.IsTransient));
        Assert.Empty(lamp.UncommittedEvents);
    }

    [Fact]
    public void An_event_without_a_fold_is_an_error_that_names_it_and_leaves_nothing_behind()
    {
        var lamp = new Lamp(Id);

        var error = Assert.Throws<UnknownEventException>(lamp.Misfire);

        Assert.Equal(typeof(string), error.EventClrType);
        Assert.Contains("System.String", error.Message, StringComparison.Ordinal);
        Assert.Empty(lamp.UncommittedEvents);
    }

    [Fact]
    public void History_is_folded_and_counted_and_is_not_uncommitted()
    {
        var lamp = new Lamp(Id);

        lamp.LoadFromHistory([new Lit(30), new PutOut()]);
        lamp.LoadFromHistory([new Lit(60)]);

        Assert.Equal((new LampState(true, 60), 3L), (lamp.State, lamp.Version));
        Assert.Empty(lamp.UncommittedEvents);
    }

    [Fact]
    public void History_with_an_unknown_event_leaves_the_aggregate_as_it_was()
    {
        var lamp = new Lamp(Id);
        lamp.LoadFromHistory([new Lit(30)]);

        Assert.Throws<UnknownEventException>(() => lamp.LoadFromHistory([new PutOut(), "no event of a lamp"]));

        Assert.Equal((new LampState(true, 30), 1L), (lamp.State, lamp.Version));
    }

    [Fact]
    public void History_is_not_folded_in_behind_uncommitted_events()
    {
        var lamp = new Lamp(Id);
        lamp.Light(30);

        Assert.Throws<InvalidOperationException>(() => lamp.LoadFromHistory([new PutOut()]));

        Assert.Single(lamp.UncommittedEvents);
    }

    [Fact]
    public void A_restored_aggregate_has_that_state_and_version_and_nothing_uncommitted()
    {
        var lamp = new Lamp(Id);
        lamp.Light(30);

        lamp.Restore(new(false, 5), 12);

        Assert.Equal((new LampState(false, 5), 12L), (lamp.State, lamp.Version));
        Assert.Empty(lamp.UncommittedEvents);
    }

    [Fact]
    public void Replay_equals_live() =>
        Gen.Int[0, 100].List[0, 20].Sample(percents =>
        {
            var live = new Lamp(Id);
            percents.ForEach(live.Light);

            var replayed = new Lamp(Id);
            replayed.LoadFromHistory(live.UncommittedEvents.Select(raised => raised.Event));

            Assert.Equal(live.State, replayed.State);
            Assert.Equal(live.UncommittedEvents.Count, replayed.Version);
        });
}
