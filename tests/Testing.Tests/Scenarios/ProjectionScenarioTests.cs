using Monolith.EventSourcing;
using Monolith.Testing.Tests.Sample;
using Xunit;
using Xunit.Sdk;
using static Monolith.Testing.ProjectionScenario;

namespace Monolith.Testing.Tests.Scenarios;

public class ProjectionScenarioTests
{
    private static readonly Guid One = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid Other = new("00000000-0000-0000-0000-000000000002");
    private static readonly ParcelRegistered Registered = new("4711", "Ada");

    [Fact]
    public void Events_are_folded_into_the_view_of_their_aggregate() =>
        GivenEvents<Parcel>(One, Registered, new ParcelWeighed(2m), new ParcelStamped(["a"]))
            .AndEvents<Parcel>(Other, new ParcelRegistered("4712", "Bob"))
            .AndEvents<Parcel>(One, new ParcelStamped(["b"]))
            .ProjectedBy(new ParcelLabels())
            .ThenView(One, new ParcelLabel(One, "Ada", 2m, ["a", "b"], Start, null))
            .ThenView(Other, label => Assert.Equal("Bob", label.Recipient));

    [Fact]
    public void Time_and_author_are_those_given() =>
        GivenEvents<Parcel>(Other, Registered)
            .At(Start.AddDays(1)).With(new EventMetadata { UserId = "eve" })
            .AndEvents<Parcel>(One, Registered)
            .ProjectedBy(new ParcelLabels())
            .ThenView(One, label => Assert.Equal((Start.AddDays(1), "eve"), (label.Since, label.By)));

    [Fact]
    public void A_removed_view_is_no_view() =>
        GivenEvents<Parcel>(One, Registered, new ParcelReturned()).ProjectedBy(new ParcelLabels()).ThenNoView(One).ThenNoView(Other);

    [Fact]
    public void Views_can_have_keys_of_the_event_and_events_that_are_not_read_are_left_out() =>
        GivenEvents<Parcel>(One, Registered, new ParcelStamped(["a", "b"]))
            .AndEvents<Parcel>(Other, new ParcelStamped(["b"]))
            .ProjectedBy(new StampUses())
            .ThenView("a", new Stamp("a", 1))
            .ThenView("b", new Stamp("b", 2))
            .ThenNoView("4711");

    [Fact]
    public void A_view_that_differs_fails_and_shows_both()
    {
        var views = GivenEvents<Parcel>(One, Registered).ProjectedBy(new ParcelLabels());

        var failure = Assert.Throws<FailException>(() => views.ThenView(One, new ParcelLabel(One, "Eve", 0m, [], Start, null)));

        Assert.Contains("\"recipient\":\"Eve\"", failure.Message, StringComparison.Ordinal);
        Assert.Contains("\"recipient\":\"Ada\"", failure.Message, StringComparison.Ordinal);
        Assert.Throws<FailException>(() => views.ThenNoView(One));
        Assert.Throws<FailException>(() => views.ThenView(Other, _ => { }));
    }

    [Fact]
    public void A_projection_that_gives_another_view_each_time_fails() =>
        Assert.Contains("not pure", Assert.Throws<FailException>(() =>
            GivenEvents<Parcel>(One, Registered).ProjectedBy(new RandomLabels())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_projection_that_changes_the_view_it_is_given_fails() =>
        Assert.Contains("changes the view", Assert.Throws<FailException>(() =>
            GivenEvents<Parcel>(One, Registered, new ParcelReturned()).ProjectedBy(new MutatingPiles())).Message, StringComparison.Ordinal);

    [Fact]
    public void An_event_that_cannot_be_stored_fails() =>
        Assert.Throws<FailException>(() => GivenEvents<Parcel>(One, new ParcelScribbled("hm")));
}
