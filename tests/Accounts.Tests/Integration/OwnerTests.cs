using Monolith.Accounts.Integration;
using Xunit;

namespace Monolith.Accounts.Tests.Integration;

public class OwnerTests
{
    private static readonly Guid Id = Guid.CreateVersion7();
    private static readonly Owner Registered = new(Id, OwnerStatus.Active, 1);
    private static readonly Owner Deactivated = new(Id, OwnerStatus.Inactive, 2);
    private static readonly Owner Deleted = new(Id, OwnerStatus.Deleted, 5);

    [Fact]
    public void The_first_fact_is_kept() => Assert.Equal(Registered, OwnerFactsHandler.Hear(known: null, Registered));

    [Fact]
    public void A_later_fact_takes_the_place_of_an_earlier_one() => Assert.Equal(Deactivated, OwnerFactsHandler.Hear(Registered, Deactivated));

    [Fact]
    public void A_fact_that_comes_again_changes_nothing() => Assert.Same(Deactivated, OwnerFactsHandler.Hear(Deactivated, Deactivated with { }));

    [Fact]
    public void A_fact_that_comes_late_does_not_bring_back_a_deleted_user() => Assert.Same(Deleted, OwnerFactsHandler.Hear(Deleted, Registered));
}
