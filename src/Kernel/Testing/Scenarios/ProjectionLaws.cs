using Monolith.EventStore.Projections;
using Xunit;

namespace Monolith.Testing;

/// <summary>
/// What holds for every projection into documents or tables, whatever it makes of which events: a line each in a module's tests.
/// <code>
/// [Fact]
/// public Task Account_summaries_survive_crashes_and_rebuilds() => History.HoldsTheLawsOf(postgres, new AccountSummaries());
/// </code>
/// They need PostgreSQL, and a scenario that has something of all that the projection reads.
/// </summary>
public static class ProjectionLaws
{
    private const int Crashes = 5;

    /// <summary>All laws: <see cref="TakesEachEventOnce"/> and <see cref="RebuildsToTheLiveRows"/>.</summary>
    public static async Task HoldsTheLawsOf(this ProjectionScenario scenario, PostgresFixture postgres, params Projection[] projections)
    {
        await scenario.TakesEachEventOnce(postgres, projections);
        await scenario.RebuildsToTheLiveRows(postgres, projections);
    }

    /// <summary>A rebuild gives the very rows that are there, also when half of the events came meanwhile, and a verification finds no difference.</summary>
    public static async Task RebuildsToTheLiveRows(this ProjectionScenario scenario, PostgresFixture postgres, params Projection[] projections)
    {
        await using var store = await Empty(scenario, postgres, projections);
        var operations = store.Operations(projections);
        var half = scenario.Given.Count / 2;
        await store.Append(scenario.Given.Take(half));
        var runner = await store.Run(projections, batch: 3);
        await store.CaughtUp(runner);
        await Rebuild(operations, projections);
        await store.Append(scenario.Given.Skip(half));
        await Rebuilt(operations);
        await store.CaughtUp(runner);
        var live = await Rows(store, projections);

        await Rebuild(operations, projections);
        await Rebuilt(operations);
        Same("A rebuild differs from the live rows.", projections, live, await Rows(store, projections));
        foreach (var projection in projections)
        {
            var report = await operations.Verify(projection.Name, ct: TestContext.Current.CancellationToken);
            Assert.True(report.Different == 0, $"'{projection.Name}' differs from a replay: {string.Join('\n', report.Differences)}");
        }
    }

    /// <summary>Each event counts once, in whatever batches it comes, and however often sessions end in the middle of one.</summary>
    public static async Task TakesEachEventOnce(this ProjectionScenario scenario, PostgresFixture postgres, params Projection[] projections)
    {
        IReadOnlyList<string>[] undisturbed;
        await using (var store = await Empty(scenario, postgres, projections))
        {
            await store.Append(scenario.Given);
            await store.CaughtUp(await store.Run(projections, batch: 1000));
            undisturbed = await Rows(store, projections);
        }

        await using var disturbed = await Empty(scenario, postgres, projections);
        await disturbed.Append(scenario.Given);
        var runner = await disturbed.Run(projections, batch: 1);
        var (operations, taken) = (disturbed.Operations(projections), 0L);
        for (var crash = 0; crash < Crashes; crash++)
        {
            await ScenarioStore.Until(
                async () => await disturbed.Taken() > taken || await HasCaughtUp(operations), "the host gets on");
            taken = await disturbed.Taken();
            await disturbed.KillSessions();
        }

        await disturbed.CaughtUp(runner);
        Same("Crashes have changed the rows.", projections, undisturbed, await Rows(disturbed, projections));
    }

    private static async Task<ScenarioStore> Empty(ProjectionScenario scenario, PostgresFixture postgres, Projection[] projections)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        Assert.NotEmpty(projections);
        return await ScenarioStore.Create(postgres, ProjectionScenario.ModelOf(projections[0]));
    }

    private static async Task Rebuild(ProjectionOperations operations, Projection[] projections)
    {
        foreach (var projection in projections)
        {
            await operations.Rebuild(projection.Name, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<bool> HasCaughtUp(ProjectionOperations operations) =>
        await operations.Lag(ct: TestContext.Current.CancellationToken) is { Count: > 0 } lags && lags.All(lag => lag.Events == 0);

    private static Task Rebuilt(ProjectionOperations operations) =>
        ScenarioStore.Until(async () => (await operations.Rebuilds(ct: TestContext.Current.CancellationToken)).Count == 0, "the rebuild takes the place of the live rows");

    private static async Task<IReadOnlyList<string>[]> Rows(ScenarioStore store, Projection[] projections)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (var projection in projections)
        {
            rows.Add(await store.Rows(projection));
        }

        return [.. rows];
    }

    private static void Same(string otherwise, Projection[] projections, IReadOnlyList<string>[] expected, IReadOnlyList<string>[] actual)
    {
        for (var i = 0; i < projections.Length; i++)
        {
            Assert.True(expected[i].Count > 0, $"The scenario gives '{projections[i].Name}' nothing to make rows of.");
            Assert.True(
                expected[i].SequenceEqual(actual[i], StringComparer.Ordinal),
                $"{otherwise} '{projections[i].Name}':\n{string.Join('\n', expected[i].Except(actual[i], StringComparer.Ordinal).Select(row => $"- {row}"))}\n{string.Join('\n', actual[i].Except(expected[i], StringComparer.Ordinal).Select(row => $"+ {row}"))}");
        }
    }
}
