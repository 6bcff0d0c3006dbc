using Monolith.Testing.Tests.Sample;
using Xunit;
using Xunit.Sdk;
using static Monolith.Testing.ProjectionScenario;

namespace Monolith.Testing.Tests.Scenarios;

/// <summary>Tables on PostgreSQL, subscriptions, and the laws that hold for every projection.</summary>
public class ProjectionKindsTests(PostgresFixture postgres)
{
    private static readonly Guid One = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid Other = new("00000000-0000-0000-0000-000000000002");
    private static readonly ParcelRegistered Registered = new("4711", "Ada");

    private static ProjectionScenario Parcels => GivenEvents<Parcel>(One, Registered, new ParcelWeighed(2m), new ParcelStamped(["a", "b"]))
        .AndEvents<Parcel>(Other, new ParcelRegistered("4712", "Bob"), new ParcelStamped(["b"]))
        .AndEvents<Parcel>(One, new ParcelWeighed(3m))
        .AndEvents<Parcel>(new("00000000-0000-0000-0000-000000000003"), new ParcelRegistered("4713", "Eve"), new ParcelReturned());

    [Fact]
    public async Task Events_become_rows_of_tables_on_PostgreSQL()
    {
        await using var tables = await Parcels.ProjectedBy(new ParcelTable(), postgres);

        await tables.ThenRows("select parcel_id, recipient, kilograms from weights order by parcel_id", [One, "Ada", 3m], [Other, "Bob", null]);
        await tables.ThenRows("select tenant_id from weights where recipient = 'Eve'");
        await Assert.ThrowsAnyAsync<XunitException>(() => tables.ThenRows("select recipient from weights where kilograms is null", ["Ada"]));
    }

    [Fact]
    public async Task A_subscription_is_given_the_events_that_it_reads()
    {
        var mails = new ParcelMails();

        var delivered = await Parcels.DeliveredTo(mails);

        delivered.ThenDelivered(Registered, new ParcelRegistered("4712", "Bob"), new ParcelRegistered("4713", "Eve"));
        Assert.Equal(["Ada", "Bob", "Eve"], mails.Mails);
        Assert.ThrowsAny<XunitException>(() => delivered.ThenDelivered(Registered));
    }

    [Fact]
    public async Task A_subscription_that_knows_what_it_has_done_takes_repeats()
    {
        var mails = new ParcelMails();
        await (await Parcels.DeliveredTo(mails)).ThenRepeatsChangeNothing(() => string.Join(',', mails.Mails));

        var careless = new ParcelMails(isCareless: true);
        var delivered = await Parcels.DeliveredTo(careless);
        await Assert.ThrowsAnyAsync<XunitException>(() => delivered.ThenRepeatsChangeNothing(() => string.Join(',', careless.Mails)));
    }

    [Fact]
    public Task Documents_and_tables_hold_the_laws() => Parcels.HoldsTheLawsOf(postgres, new ParcelLabels(), new StampUses(), new ParcelTable());

    [Fact]
    public async Task A_projection_that_is_not_pure_breaks_them()
    {
        await Assert.ThrowsAnyAsync<XunitException>(() => Parcels.RebuildsToTheLiveRows(postgres, new DicedTable()));
        await Assert.ThrowsAnyAsync<XunitException>(() => Parcels.RebuildsToTheLiveRows(postgres, new RandomLabels()));
        await Assert.ThrowsAnyAsync<XunitException>(() => Parcels.TakesEachEventOnce(postgres, new RandomLabels()));
    }

    [Fact]
    public Task A_scenario_that_says_nothing_about_a_projection_proves_nothing() => Assert.ThrowsAnyAsync<XunitException>(() =>
        GivenEvents<Parcel>(One, new ParcelWeighed(1m)).HoldsTheLawsOf(postgres, new StampUses()));
}
