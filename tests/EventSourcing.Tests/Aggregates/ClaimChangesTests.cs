using CsCheck;

namespace Monolith.EventSourcing.Tests.Aggregates;

public class ClaimChangesTests
{
    private static readonly Claim Ada = new("email", "ada@example.org");
    private static readonly Claim Eve = new("email", "eve@example.org");

    private static readonly Gen<List<Claim>> AnyClaims =
        Gen.Select(Gen.OneOf("email", "username"), Gen.Int[0, 5], (name, value) => new Claim(name, $"v{value}")).List[0, 6];

    [Fact]
    public void The_same_claims_in_another_order_are_no_change()
    {
        var changes = ClaimChanges.Between([Ada, Eve], [Eve, Ada]);

        Assert.True(changes.IsEmpty);
        Assert.Same(ClaimChanges.None, changes);
    }

    [Fact]
    public void A_changed_value_takes_the_new_and_releases_the_old()
    {
        var changes = ClaimChanges.Between([Ada], [Eve]);

        Assert.Equal([Eve], changes.Taken);
        Assert.Equal([Ada], changes.Released);
        Assert.False(changes.IsEmpty);
    }

    [Fact]
    public void A_value_of_another_case_is_another_claim() =>
        Assert.Equal([new Claim("email", "ADA@example.org")], ClaimChanges.Between([Ada], [Ada, new("email", "ADA@example.org")]).Taken);

    [Fact]
    public void Applying_the_changes_to_the_claims_before_gives_the_claims_after() =>
        Gen.Select(AnyClaims, AnyClaims).Sample((before, after) =>
        {
            var changes = ClaimChanges.Between(before, after);
            var held = before.ToHashSet();
            Assert.All(changes.Released, claim => Assert.True(held.Remove(claim)));
            Assert.All(changes.Taken, claim => Assert.True(held.Add(claim)));
            Assert.True(held.SetEquals(after));
        });
}
