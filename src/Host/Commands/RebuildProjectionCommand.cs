using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>What <c>projections rebuild</c> takes.</summary>
public sealed class RebuildProjectionInput : ProjectionInput
{
    /// <summary>Whether all are rebuilt.</summary>
    [Description("Rebuild every read model, subscriptions excepted")]
    public bool AllFlag { get; set; }

    /// <summary>The type whose read models are rebuilt.</summary>
    [Description("With --all: only read models of this aggregate type")]
    public string? TypeFlag { get; set; }

    /// <summary>The tenant whose rows are rebuilt.</summary>
    [Description("Only the rows of this tenant")]
    public string? TenantFlag { get; set; }

    /// <summary>The aggregate that is rebuilt.</summary>
    [Description("With --tenant: only this aggregate, at once")]
    public string? AggregateFlag { get; set; }

    /// <summary>Whether it is not watched.</summary>
    [Description("Do not wait until the new rows have taken the place of the old ones")]
    public bool BackgroundFlag { get; set; }
}

/// <summary>Rebuilds read models, and shows how far that is.</summary>
[Description("Builds read models anew beside the live rows, and shows how far that is. Running hosts do the work; Ctrl+C stops watching only", Name = "projections rebuild")]
public sealed class RebuildProjectionCommand : OperatorCommand<RebuildProjectionInput>
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    /// <summary>The ways to call it.</summary>
    public RebuildProjectionCommand()
    {
        Usage("One read model, one tenant's part of it, or one aggregate").Arguments(input => input.Projection)
            .ValidFlags(input => input.TenantFlag!, input => input.AggregateFlag!, input => input.BackgroundFlag, input => input.JsonFlag);
        Usage("Every read model").Arguments()
            .ValidFlags(input => input.AllFlag, input => input.TypeFlag!, input => input.TenantFlag!, input => input.BackgroundFlag, input => input.JsonFlag);
    }

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(RebuildProjectionInput input)
    {
        var operations = Get<ProjectionOperations>(input);
        if (input.AggregateFlag is { } aggregate)
        {
            await operations.RebuildAggregate(
                input.Projection,
                input.TenantFlag ?? throw new UsageException("--aggregate goes with --tenant."),
                Guid.TryParse(aggregate, out var id) ? id : throw new UsageException($"'{aggregate}' is not the id of an aggregate."),
                input.Ct);
            input.Answer.Write(new { projections = new[] { input.Projection } }, $"{input.Projection}: the aggregate {id} is rebuilt.");
            return ExitCode.Done;
        }

        var begun = await Begin(operations, input);
        if (!input.BackgroundFlag && begun.Count > 0 && !await Watch(operations, begun, input))
        {
            input.Answer.Write(new { projections = begun }, "The rebuild goes on without being watched.");
            return ExitCode.Done;
        }

        input.Answer.Write(
            new { projections = begun },
            begun.Count == 0
                ? ["Nothing is to be rebuilt, or it is being rebuilt already."]
                : begun.Select(name => $"{name}: the rebuild has {(input.BackgroundFlag ? "begun" : "ended")}."));
        return ExitCode.Done;
    }

    private static async Task<IReadOnlyList<string>> Begin(ProjectionOperations operations, RebuildProjectionInput input)
    {
        if (input.AllFlag == (input.Projection.Length > 0))
        {
            throw new UsageException("Name a projection, or say --all.");
        }

        if (input.AllFlag)
        {
            return await operations.RebuildAll(input.TypeFlag, input.TenantFlag, input.Ct);
        }

        await (input.TenantFlag is { } tenant ? operations.RebuildTenant(input.Projection, tenant, input.Ct) : operations.Rebuild(input.Projection, input.Ct));
        return [input.Projection];
    }

    // Whether it has ended; false when the operator does not want to see it any more.
    private static async Task<bool> Watch(ProjectionOperations operations, IReadOnlyList<string> begun, RebuildProjectionInput input)
    {
        try
        {
            return await input.Answer.Follow<IReadOnlyList<RebuildProgress>, bool>(
                rebuilds => string.Join("; ", rebuilds.Select(rebuild => $"{rebuild.Projection}: {ProjectionWords.Of(rebuild)}")),
                rebuilds => Fraction(rebuilds, begun.Count),
                async progress =>
                {
                    while (await Rebuilds(operations, begun, input.Ct) is { Count: > 0 } rebuilds)
                    {
                        progress.Report(rebuilds);
                        await Task.Delay(BetweenLooks, input.Ct);
                    }

                    return true;
                });
        }
        catch (OperationCanceledException) when (input.Ct.IsCancellationRequested)
        {
            return false;
        }
    }

    // Those that are not there any more are done.
    private static double Fraction(IReadOnlyList<RebuildProgress> rebuilds, int begun) =>
        (begun - rebuilds.Count + rebuilds.Sum(rebuild => (double)rebuild.Events / Math.Max(1, rebuild.EventsTotal))) / begun;

    private static async Task<IReadOnlyList<RebuildProgress>> Rebuilds(ProjectionOperations operations, IReadOnlyList<string> begun, CancellationToken ct) =>
        [.. (await operations.Rebuilds(ct: ct)).Where(rebuild => begun.Contains(rebuild.Projection, StringComparer.Ordinal))];
}
