using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;

namespace Monolith.EndToEnd.Tests;

/// <summary>What operators do to projections over HTTP.</summary>
[Collection(RunningHostCollection.Name)]
public sealed class ProjectionOperationsTests(RunningHost host)
{
    private const string Operations = "/operations/projections";
    private const string Summaries = "accounts.account_summaries";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Projections_are_listed_with_how_they_stand_and_how_far_they_are_behind()
    {
        await host.NewAccount();
        await host.NewUser();

        var projections = (await host.Get(Operations)).ShouldBe(200).Json.AsArray();
        string[] expected =
            [Summaries, "accounts.daily_totals", "accounts.publisher", "accounts.statements", "accounts.transfer_runner", "accounts.transfers", "users.publisher", "users.user_profiles"];
        Assert.Empty(expected.Except(projections.Names("projection")));
        var summaries = projections[0]!;
        Assert.Equal(("document", 2, 2), (Text(summaries, "kind"), summaries["version"]!.GetValue<int>(), summaries["rowsVersion"]!.GetValue<int>()));
        Assert.Equal(["account"], summaries["aggregateTypes"]!.AsArray().Select(type => type!.ToString()));
        Assert.Equal(summaries["shards"]!.GetValue<int>(), summaries["shardsOwned"]!.GetValue<int>());

        var lags = (await host.Get($"{Operations}/lag?projection={Summaries}")).ShouldBe(200).Json.AsArray();
        Assert.Equal(summaries["shards"]!.GetValue<int>(), lags.Count);
        Assert.All(lags, lag => Assert.Equal(0, lag!["events"]!.GetValue<long>()));
        Assert.Equal(lags.Count * projections.Count, (await host.Get($"{Operations}/lag")).ShouldBe(200).Json.AsArray().Count);
        (await host.Get($"{Operations}/lag?projection=accounts.none")).ShouldBeProblem(404, "unknown_projection");
    }

    [Fact]
    public async Task A_rebuild_is_begun_watched_paused_resumed_and_cancelled()
    {
        var account = await host.NewAccount();
        await using (var reader = await host.Database.DataSource.OpenConnectionAsync(Ct))
        {
            // As long as somebody reads the live rows, the new ones cannot take their place.
            await using var transaction = await reader.BeginTransactionAsync(Ct);
            await using var read = new NpgsqlCommand("select count(*) from accounts.mt_doc_accountsummary", reader);
            await read.ExecuteScalarAsync(Ct);

            (await host.Post($"{Operations}/{Summaries}/rebuild", new { })).ShouldBe(202);
            (await host.Post($"{Operations}/{Summaries}/rebuild", new { })).ShouldBeProblem(409, "rebuild_running");
            var rebuild = Assert.Single((await host.Get($"{Operations}/rebuilds")).ShouldBe(200).Json.AsArray())!;
            Assert.Equal((Summaries, false), (Text(rebuild, "projection"), rebuild["isPaused"]!.GetValue<bool>()));
            Assert.True(rebuild["eventsTotal"]!.GetValue<long>() > 0);
            (await host.Post($"{Operations}/{Summaries}/rebuild/pause")).ShouldBe(204);
            Assert.True((await host.Get($"{Operations}/rebuilds?projection={Summaries}")).Json[0]!["isPaused"]!.GetValue<bool>());
            (await host.Post($"{Operations}/{Summaries}/rebuild/resume")).ShouldBe(204);
            (await host.Delete($"{Operations}/{Summaries}/rebuild")).ShouldBe(204);
        }

        (await host.Delete($"{Operations}/{Summaries}/rebuild")).ShouldBeProblem(404, "not_found");
        (await host.Post($"{Operations}/{Summaries}/rebuild/pause")).ShouldBeProblem(404, "not_found");
        (await host.Get(account)).ShouldBe(200, version: 1);
    }

    [Fact]
    public async Task Everything_of_one_aggregate_type_is_rebuilt_while_queries_are_answered()
    {
        var account = await host.NewAccount();
        var begun = (await host.Post($"{Operations}/rebuild", new { aggregateType = "account" })).ShouldBe(202);
        Assert.Equal([Summaries, "accounts.daily_totals", "accounts.statements"], begun.Json["projections"]!.AsArray().Select(name => name!.ToString()));
        await Until(async () =>
        {
            (await host.Get(account)).ShouldBe(200, version: 1);
            return (await host.Get($"{Operations}/rebuilds")).Json.AsArray().Count == 0;
        });
    }

    [Fact]
    public async Task What_differs_from_the_events_is_found_and_mended_for_one_aggregate_or_one_tenant()
    {
        var account = await host.NewAccount();
        var id = account.Split('/')[^1];
        await Spoil(id);

        var found = (await host.Post($"{Operations}/{Summaries}/verify", new { maxDifferences = 10 })).ShouldBe(200).Json;

        // A test before this one may have left an account whose event was skipped.
        var difference = Assert.Single(found["differences"]!.AsArray(), one => Text(one!, "aggregateId") == id)!;
        Assert.Equal(("demo", "different"), (Text(difference, "tenantId"), Text(difference, "kind")));
        Assert.Equal([("holder", "\"Mallory\"", "\"Ada Lovelace\"")], difference["members"]!.AsArray().Select(member => (Text(member!, "name"), Text(member!, "live"), Text(member!, "replayed"))));

        (await host.Post($"{Operations}/{Summaries}/rebuild", new { aggregateId = id })).ShouldBeProblem(400, "invalid");
        (await host.Post($"{Operations}/{Summaries}/rebuild", new { tenantId = "demo", aggregateId = id })).ShouldBe(204);
        Assert.Equal("Ada Lovelace", Text((await host.Get(account)).ShouldBe(200, version: 1).Json, "holder"));

        await Spoil(id);
        (await host.Post($"{Operations}/{Summaries}/rebuild", new { tenantId = "demo" })).ShouldBe(202);
        await Until(async () => Text((await host.Get(account)).Json, "holder") == "Ada Lovelace");
        Assert.Equal(0, (await host.Post($"{Operations}/{Summaries}/verify", new { })).ShouldBe(200).Json["different"]!.GetValue<long>());
        Assert.Equal(0, (await host.Post($"{Operations}/{Summaries}/verify", new { fraction = 0.5, seed = 3 })).ShouldBe(200).Json["different"]!.GetValue<long>());

        (await host.Post($"{Operations}/accounts.statements/rebuild", new { tenantId = "demo", aggregateId = id })).ShouldBeProblem(409, "rebuild_refused");
        (await host.Post($"{Operations}/{Summaries}/rebuild", new { tenantId = "nobody" })).ShouldBeProblem(403, "unknown_tenant");
        (await host.Post($"{Operations}/{Summaries}/verify", new { fraction = 2 })).ShouldBeProblem(400, "invalid");
    }

    [Fact]
    public async Task A_paused_projection_stands_still_and_goes_on()
    {
        (await host.Post($"{Operations}/{Summaries}/pause")).ShouldBe(204);
        Assert.True((await host.Get(Operations)).Json[0]!["isPaused"]!.GetValue<bool>());
        (await host.Post($"{Operations}/{Summaries}/resume")).ShouldBe(204);
        var account = await host.NewAccount();
        (await host.Get(account)).ShouldBe(200, version: 1);
        (await host.Post($"{Operations}/accounts.none/pause")).ShouldBeProblem(404, "unknown_projection");
    }

    [Fact]
    public async Task Parked_events_are_listed_retried_and_skipped_with_a_reason_that_is_kept()
    {
        var retried = await Park(await host.NewAccount());
        var skipped = await Park(await host.NewAccount());
        var parked = (await host.Get($"{Operations}/parked?projection={Summaries}")).ShouldBe(200).Json.AsArray();
        Assert.Equal([retried, skipped], parked.Select(one => one!["position"]!.GetValue<long>()));
        Assert.Equal("It was poison.", Text(parked[0]!, "error"));

        (await host.Post($"{Operations}/{Summaries}/parked/{retried}/retry")).ShouldBe(204);
        await Until(async () => (await host.Get($"{Operations}/parked?projection={Summaries}")).Json.AsArray().Count == 1);
        (await host.Post($"{Operations}/{Summaries}/parked/{retried}/retry")).ShouldBeProblem(404, "not_found");

        (await host.Post($"{Operations}/{Summaries}/parked/{skipped}/skip", new { })).ShouldBeProblem(400, "invalid");
        (await host.Post($"{Operations}/{Summaries}/parked/{skipped}/skip", new { reason = " " })).ShouldBeProblem(400, "invalid");
        (await host.Post($"{Operations}/{Summaries}/parked/{skipped}/skip", new { reason = "Ticket 4711." }, "demo", Tokens.Header("demo", "ada", isOperator: true))).ShouldBe(204);
        await Until(async () => (await host.Get($"{Operations}/parked")).Json.AsArray().Count == 0);
        Assert.Equal("Ticket 4711./ada", await Scalar($"select reason || '/' || skipped_by from eventstore.projection_skipped where position = {skipped}"));

        var again = await Park(await host.NewAccount());
        Assert.Equal(1, (await host.Post($"{Operations}/{Summaries}/parked/retry")).ShouldBe(200).Json["aggregates"]!.GetValue<int>());
        await Until(async () => (await host.Get($"{Operations}/parked")).Json.AsArray().Count == 0);
        (await host.Post($"{Operations}/{Summaries}/parked/{again}/skip", new { reason = "too late" })).ShouldBeProblem(404, "not_found");
    }

    // As if the projection had failed on the first event of the account.
    private async Task<long> Park(string account)
    {
        var id = account.Split('/')[^1];
        return long.Parse(
            (await Scalar(
                $"""
                insert into eventstore.projection_parked (
                  projection, slot, shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, attempts, error, parked_at
                )
                select '{Summaries}', 'live', shard, position, tenant_id, aggregate_type, aggregate_id, version, event_id, event_type, 5, 'It was poison.', now()
                from eventstore.events
                where aggregate_id = '{id}' and version = 1
                returning position::text
                """))!,
            CultureInfo.InvariantCulture);
    }

    private Task<string?> Spoil(string id) =>
        Scalar($"""update accounts.mt_doc_accountsummary set data = data || '{"{\"holder\": \"Mallory\"}"}' where id = '{id}' returning ''""");

    private async Task<string?> Scalar(string sql)
    {
        await using var command = host.Database.DataSource.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync(Ct);
    }

    private static string? Text(JsonNode node, string member) => node[member]?.ToString();

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await holds())
        {
            await again.WaitForNextTickAsync(deadline.Token);
        }
    }
}
