using Monolith.EventSourcing;
using Monolith.Testing.Tests.Sample;
using Xunit;
using Xunit.Sdk;
using static Monolith.Testing.Scenario;

namespace Monolith.Testing.Tests.Scenarios;

public class ScenarioTests
{
    private static readonly ParcelRegistered Registered = new("4711", "Ada");

    [Fact]
    public void A_decision_that_raises_the_expected_events_passes() =>
        Given<Parcel>().When(parcel => parcel.Register("4711", "Ada")).When(parcel => parcel.Weigh(2.5m)).Then(Registered, new ParcelWeighed(2.5m));

    [Fact]
    public void Events_that_are_stored_alike_are_the_same_although_their_lists_are_not() =>
        Given<Parcel>(Registered).When(parcel => parcel.Stamp("a", "b")).Then(new ParcelStamped(["a", "b"]));

    [Fact]
    public void A_missing_event_fails_and_both_lists_are_shown()
    {
        var failure = Assert.Throws<FailException>(() =>
            Given<Parcel>(Registered).When(parcel => parcel.Weigh(2m)).Then(new ParcelWeighed(2m), new ParcelReturned()));

        Assert.Equal(
            """
            The raised events differ from the expected ones at event 2.
            Expected:
              1. parcel.weighed {"kilograms":2}
              2. parcel.returned {}
            Raised:
              1. parcel.weighed {"kilograms":2}
            """,
            failure.Message);
    }

    [Fact]
    public void An_event_too_many_fails() => Assert.Throws<FailException>(() =>
        Given<Parcel>(Registered).When(parcel => parcel.Weigh(2m)).ThenNothing());

    [Fact]
    public void An_event_of_another_value_fails() => Assert.Throws<FailException>(() =>
        Given<Parcel>(Registered).When(parcel => parcel.Weigh(2m)).Then(new ParcelWeighed(2.01m)));

    [Fact]
    public void A_decision_that_changes_nothing_raises_nothing() =>
        Given<Parcel>(Registered, new ParcelWeighed(2m)).When(parcel => parcel.Weigh(2.0m)).ThenNothing();

    [Fact]
    public void A_refusal_is_told_by_its_code_or_its_reason() =>
        Given<Parcel>().When(parcel => parcel.Weigh(2m)).ThenRejected("not_underway").ThenRejected(Parcel.NotUnderway);

    [Fact]
    public void A_refusal_for_another_reason_fails_and_names_both()
    {
        var failure = Assert.Throws<FailException>(() => Given<Parcel>().When(parcel => parcel.Weigh(2m)).ThenRejected("too_heavy"));

        Assert.Equal("Expected a refusal with the code 'too_heavy', but the code is 'not_underway': The parcel is not underway.", failure.Message);
    }

    [Fact]
    public void An_expected_refusal_that_does_not_come_fails_and_shows_what_was_raised()
    {
        var failure = Assert.Throws<FailException>(() => Given<Parcel>(Registered).When(parcel => parcel.Weigh(2m)).ThenRejected("too_heavy"));

        Assert.Equal("Expected a refusal with the code 'too_heavy', but it succeeded and raised:\n  1. parcel.weighed {\"kilograms\":2}", failure.Message);
    }

    [Fact]
    public void An_unexpected_refusal_fails_whatever_was_expected()
    {
        var refused = Given<Parcel>().When(parcel => parcel.Weigh(2m));

        Assert.Contains("'not_underway'", Assert.Throws<FailException>(() => refused.Then()).Message, StringComparison.Ordinal);
        Assert.Throws<FailException>(() => refused.ThenNothing());
        Assert.Throws<FailException>(() => refused.ThenState(_ => { }));
        Assert.Throws<FailException>(() => refused.ThenThrows<ArgumentOutOfRangeException>());
        Assert.Throws<FailException>(() => refused.When(_ => { }));
    }

    [Fact]
    public void A_wrong_argument_is_told_by_its_exception() =>
        Given<Parcel>(Registered).When(parcel => parcel.Weigh(-1m)).ThenThrows<ArgumentOutOfRangeException>(thrown => Assert.Equal("kilograms", thrown.ParamName));

    [Fact]
    public void The_state_is_there_for_assertions_typed() =>
        Given<Parcel>(Registered).When(parcel => parcel.Weigh(2m)).ThenState(state => Assert.Equal(2m, state.Kilograms)).Then(new ParcelWeighed(2m));

    [Fact]
    public void An_event_that_cannot_be_read_again_fails_in_the_history_and_when_it_is_raised()
    {
        Assert.Throws<FailException>(() => Given<Parcel>(Registered, new ParcelScribbled("hm")));
        Assert.Throws<FailException>(() => Given<Parcel>(Registered).When(parcel => parcel.Scribble("hm")));
    }

    [Fact]
    public void An_event_that_loses_something_in_storage_fails()
    {
        var failure = Assert.Throws<FailException>(() => Given<Parcel>(Registered, new ParcelMeasured((1, 2))));

        Assert.StartsWith("The event 'parcel.measured' changes when it is stored and read again.\nStored: {\"size\":{}}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_without_a_fold_is_an_unknown_event() =>
        Given<Parcel>(Registered).When(parcel => parcel.Lose()).ThenThrows<UnknownEventException>();
}
