using Monolith.ModuleName.Domain;
using Monolith.ModuleName.ReadModels;
using Monolith.Testing;
using Xunit;
using static Monolith.Testing.ProjectionScenario;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Monolith.ModuleName.Tests.ReadModels;

public class AggregateNameSummariesTests(PostgresFixture postgres)
{
    private static readonly Guid Id = Guid.CreateVersion7();
    private static readonly AggregateNameCreated Created = new("The first");
    private static readonly AggregateNameSummary New = new(Id, 1, "The first", Start);

    [Fact]
    public void A_new_one_is_shown() =>
        GivenEvents<AggregateName>(Id, Created).ProjectedBy(new AggregateNameSummaries()).ThenView(Id, New);

    [Fact]
    public void A_renamed_one_shows_its_last_title() =>
        GivenEvents<AggregateName>(Id, Created, new AggregateNameRenamed("The last"))
            .ProjectedBy(new AggregateNameSummaries())
            .ThenView(Id, New with { Version = 2, Title = "The last" });

    [Fact]
    public Task Summaries_survive_crashes_and_rebuilds() =>
        GivenEvents<AggregateName>(Id, Created)
            .AndEvents<AggregateName>(Guid.CreateVersion7(), new AggregateNameCreated("The second"), new AggregateNameRenamed("The next"))
            .AndEvents<AggregateName>(Id, new AggregateNameRenamed("The last"))
            .HoldsTheLawsOf(postgres, new AggregateNameSummaries());
}
