using Monolith.ModuleName.Domain;
using Monolith.Testing;
using Xunit;
using static Monolith.Testing.Scenario;

namespace Monolith.ModuleName.Tests.Domain;

public class AggregateNameTests
{
    private static readonly AggregateNameCreated Created = new("The first");

    [Fact]
    public void It_is_created_with_a_title() =>
        Given<AggregateName>()
            .When(aggregateName => aggregateName.Create("The first"))
            .Then(Created)
            .ThenState<AggregateNameState>(state => Assert.Equal(new AggregateNameState(Exists: true, "The first"), state));

    [Fact]
    public void It_is_created_once() =>
        Given<AggregateName>(Created).When(aggregateName => aggregateName.Create("Another")).ThenRejected("aggregate_name_exists");

    [Fact]
    public void It_is_renamed() =>
        Given<AggregateName>(Created).When(aggregateName => aggregateName.Rename("The last")).Then(new AggregateNameRenamed("The last"));

    [Fact]
    public void The_same_title_again_changes_nothing() =>
        Given<AggregateName>(Created).When(aggregateName => aggregateName.Rename("The first")).ThenNothing();

    [Fact]
    public void What_was_never_created_is_not_renamed() =>
        Given<AggregateName>().When(aggregateName => aggregateName.Rename("The last")).ThenRejected("aggregate_name_not_created");
}
