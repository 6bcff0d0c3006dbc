using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventStore.Projections;

namespace Monolith.Hosting;

/// <summary>Projections for operators, under <c>/operations/projections</c>: each route asks <see cref="ProjectionOperations"/> and nothing else.</summary>
internal static class ProjectionRoutes
{
    private const string Prefix = "/operations/projections";
    private const int LongestReason = 1000;

    // Of the examples.
    private const string Name = "accounts.account_summaries";
    private static readonly DateTimeOffset At = new(2026, 1, 2, 9, 30, 0, TimeSpan.Zero);
    private static readonly RebuildProgress Rebuild = new(
        Name, Version: 2, Shards: 8, ShardsDone: 4, Events: 50_000, EventsTotal: 100_000, At, Elapsed: TimeSpan.FromSeconds(2), IsPaused: false, TenantId: null);

    public static void MapProjectionOperations(this WebApplication app)
    {
        var routes = app.MapGroup(Prefix).WithTags("operations").WithMetadata(new NeedsOperator());
        routes.MapQueries();
        routes.MapRebuilds();
        routes.MapRunning();
        routes.MapParked();
        routes.MapVerification();
    }

    private static void MapQueries(this RouteGroupBuilder routes)
    {
        routes.MapGet("", (ProjectionOperations operations, CancellationToken ct) => operations.List(ct))
            .WithSummary("Lists the projections and how each stands")
            .WithAnswer((ProjectionOverview[])
            [
                new(Name, ProjectionKind.Document, Version: 2, RowsVersion: 1, ["account"], Shards: 8, ShardsOwned: 8, IsPaused: false, Parked: 0, Rebuild),
            ]);
        routes.MapGet("/lag", (string? projection, ProjectionOperations operations, CancellationToken ct) => operations.Lag(projection, ct))
            .WithSummary("Says how far projections are behind, shard by shard").Misses("unknown_projection")
            .WithAnswer((ProjectionLag[])
            [
                new(Name, "pool_0", Position: 4711, Events: 12, Oldest: TimeSpan.FromMilliseconds(80), "host-1", IsPaused: false, UpdatedAt: At),
            ]);
        routes.MapGet("/rebuilds", (string? projection, ProjectionOperations operations, CancellationToken ct) => operations.Rebuilds(projection, ct))
            .WithSummary("Lists the rebuilds that run or are paused, and how far they are")
            .WithAnswer((RebuildProgress[])[Rebuild]);
        routes.MapGet("/parked", (string? projection, ProjectionOperations operations, CancellationToken ct) => operations.Parked(projection, ct))
            .WithSummary("Lists the events that projections could not take, oldest first")
            .WithAnswer((ParkedEvent[])
            [
                new(
                    Name, IsOfRebuild: false, "pool_0", Position: 4711, new("acme", "account", Guid.Parse("019a20b1-6984-7c76-8585-bd30e8f75b0a")), Version: 3,
                    Guid.Parse("01a20983-0d1c-7b4e-9a55-2f3e4d5c6b7a"), "account.deposited", Attempts: 5, "System.InvalidOperationException: Something went wrong.", ParkedAt: At, RetryAt: null, Waiting: 2),
            ]);
    }

    private static void MapRebuilds(this RouteGroupBuilder routes)
    {
        routes.MapPost("/rebuild", async (RebuildAllRoute.Body body, ProjectionOperations operations, CancellationToken ct) =>
            TypedResults.Accepted($"{Prefix}/rebuilds", new RebuildsBegun(await operations.RebuildAll(body.AggregateType, body.TenantId, ct))))
            .WithSummary("Rebuilds every read model, or those of one aggregate type, of all tenants or one")
            .WithExample(new RebuildAllRoute.Body("account", TenantId: null)).Rejects("rebuild_disk_short")
            .WithAnswer(new RebuildsBegun([Name]), StatusCodes.Status202Accepted);
        routes.MapPost("/{projection}/rebuild", async (string projection, RebuildProjectionRoute.Body body, ProjectionOperations operations, CancellationToken ct) =>
            {
                switch (body)
                {
                    case { AggregateId: { } aggregate, TenantId: { } tenant }:
                        await operations.RebuildAggregate(projection, tenant, aggregate, ct);
                        return (IResult)TypedResults.NoContent();
                    case { AggregateId: not null }:
                        throw new RefusedRequestException("Whose aggregate it is must be said: tenantId.");
                    case { TenantId: { } tenant }:
                        await operations.RebuildTenant(projection, tenant, ct);
                        break;
                    default:
                        await operations.Rebuild(projection, ct);
                        break;
                }

                return TypedResults.Accepted($"{Prefix}/rebuilds?projection={projection}");
            })
            .Produces(StatusCodes.Status202Accepted)
            .Produces(StatusCodes.Status204NoContent)
            .WithSummary("Rebuilds a read model, one tenant's part of it, or one aggregate; the last is done when it is answered")
            .WithExample(new RebuildProjectionRoute.Body(TenantId: null, AggregateId: null))
            .Rejects("rebuild_running", "rebuild_refused", "rebuild_disk_short", "projection_failed").Misses("unknown_projection");
        routes.MapPost("/{projection}/rebuild/pause", (string projection, ProjectionOperations operations, CancellationToken ct) =>
            Answer(operations.PauseRebuild(projection, ct), NoRebuild)).WithSummary("Lets a rebuild rest with what it has").AnswersNothing();
        routes.MapPost("/{projection}/rebuild/resume", (string projection, ProjectionOperations operations, CancellationToken ct) =>
            Answer(operations.ResumeRebuild(projection, ct), NoRebuild)).WithSummary("Lets a paused rebuild go on from where it was").AnswersNothing();
        routes.MapDelete("/{projection}/rebuild", (string projection, ProjectionOperations operations, CancellationToken ct) =>
            Answer(operations.CancelRebuild(projection, ct), NoRebuild)).WithSummary("Gives a rebuild up; what queries see stays as it is").AnswersNothing();
    }

    private static void MapRunning(this RouteGroupBuilder routes)
    {
        routes.MapPost("/{projection}/pause", (string projection, ProjectionOperations operations, CancellationToken ct) =>
            Answer(operations.Pause(projection, ct), NeverRun)).WithSummary("Stops a projection on all hosts").AnswersNothing();
        routes.MapPost("/{projection}/resume", (string projection, ProjectionOperations operations, CancellationToken ct) =>
            Answer(operations.Resume(projection, ct), NeverRun)).WithSummary("Lets a paused projection go on from where it stopped").AnswersNothing();
    }

    private static void MapParked(this RouteGroupBuilder routes)
    {
        routes.MapPost("/{projection}/parked/retry", async (string projection, ProjectionOperations operations, CancellationToken ct) =>
            TypedResults.Ok(new RetriesAsked(await operations.RetryAll(projection, ct))))
            .WithSummary("Tries all parked events of a projection again").Misses("unknown_projection")
            .WithAnswer(new RetriesAsked(1));
        routes.MapPost("/{projection}/parked/{position:long}/retry", (string projection, long position, ProjectionOperations operations, CancellationToken ct) =>
            Answer(operations.Retry(projection, position, ct), NotParked)).WithSummary("Tries a parked event again, and then those that wait behind it").AnswersNothing();
        routes.MapPost("/{projection}/parked/{position:long}/skip", (
            string projection, long position, SkipEventRoute.Body body, ProjectionOperations operations, HttpContext http, CancellationToken ct) =>
            Answer(operations.Skip(projection, position, Reason(body), OperatorAccess.NameOf(http), ct), NotParked))
            .WithSummary("Leaves a parked event out of a read model, and says why")
            .WithExample(new SkipEventRoute.Body("The order it names was deleted by mistake; see ticket 4711.")).AnswersNothing();
    }

    private static void MapVerification(this RouteGroupBuilder routes) =>
        routes.MapPost("/{projection}/verify", (string projection, VerifyProjectionRoute.Body body, ProjectionOperations operations, CancellationToken ct) =>
            operations.Verify(projection, Options(body), progress: null, ct))
            .WithSummary("Replays events aside and reports where a read model differs from them")
            .WithExample(new VerifyProjectionRoute.Body(Fraction: 0.1, Keys: null, Seed: 42, MaxDifferences: 100))
            .WithAnswer(new VerificationReport(
                Name, Version: 2, new Dictionary<string, long> { ["pool_0"] = 4711 }, Fraction: 0.1, Seed: 42, Events: 4000, Compared: 100, Different: 1,
                [
                    new(
                        "019a20b1-6984-7c76-8585-bd30e8f75b0a", "acme", Guid.Parse("019a20b1-6984-7c76-8585-bd30e8f75b0a"), DifferenceKind.Different,
                        [new("balance", Live: "25.50", Replayed: "38.00")]),
                ]))
            .Rejects("verification_refused", "projection_failed").Misses("unknown_projection");

    private const string NoRebuild = "The projection is not being rebuilt.";
    private const string NeverRun = "The projection has never run.";
    private const string NotParked = "No event at this position is parked.";

    private static async Task<IResult> Answer(Task<bool> asked, string otherwise) => await asked ? TypedResults.NoContent() : new Missing(otherwise);

    private static RouteHandlerBuilder AnswersNothing(this RouteHandlerBuilder route) =>
        route.Produces(StatusCodes.Status204NoContent).Misses("unknown_projection", "not_found");

    private static string Reason(SkipEventRoute.Body body) =>
        !string.IsNullOrWhiteSpace(body.Reason) && body.Reason.Length <= LongestReason
            ? body.Reason
            : throw new RefusedRequestException($"A reason must be given, of at most {LongestReason} characters: it is kept for those who wonder later.");

    private static VerificationOptions Options(VerifyProjectionRoute.Body body)
    {
        Require(body.Fraction is null or (> 0 and <= 1), "A fraction is more than 0 and at most 1.");
        Require(body.Keys is null or >= 1, "At least one key is compared.");
        Require(body.MaxDifferences is null or (>= 0 and <= 1000), "At most 1000 differences are listed.");
        return new() { Fraction = body.Fraction ?? 1, Keys = body.Keys, Seed = body.Seed ?? 0, MaxDifferences = body.MaxDifferences ?? 100 };
    }

    private static void Require(bool valid, string expected)
    {
        if (!valid)
        {
            throw new RefusedRequestException(expected);
        }
    }

    private sealed class Missing(string detail) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Problem.NotFound(detail).Write(httpContext);
    }
}

/// <summary>Which read models are rebuilt.</summary>
internal static class RebuildAllRoute
{
    /// <param name="AggregateType">Those that read events of this type; null for all.</param>
    /// <param name="TenantId">The tenant whose rows are rebuilt; null for all.</param>
    internal sealed record Body(string? AggregateType = null, string? TenantId = null);
}

/// <summary>Which part of a read model is rebuilt.</summary>
internal static class RebuildProjectionRoute
{
    /// <param name="TenantId">The tenant whose rows are rebuilt; null for all.</param>
    /// <param name="AggregateId">The aggregate of the tenant that is rebuilt at once; null for all.</param>
    internal sealed record Body(string? TenantId = null, Guid? AggregateId = null);
}

/// <summary>Why an event is left out.</summary>
internal static class SkipEventRoute
{
    /// <param name="Reason">For those who wonder later.</param>
    internal sealed record Body(string Reason);
}

/// <summary>How much of a read model is verified.</summary>
internal static class VerifyProjectionRoute
{
    /// <param name="Fraction">Which part of the keys; null for all.</param>
    /// <param name="Keys">About how many keys; null for the fraction.</param>
    /// <param name="Seed">What chooses them.</param>
    /// <param name="MaxDifferences">How many differences are listed; 100 unless it is said.</param>
    internal sealed record Body(double? Fraction = null, int? Keys = null, int? Seed = null, int? MaxDifferences = null);
}

/// <summary>The projections whose rebuild has begun.</summary>
internal sealed record RebuildsBegun(IReadOnlyList<string> Projections);

/// <summary>Of how many aggregates parked events are tried again.</summary>
internal sealed record RetriesAsked(int Aggregates);
