using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Hosting;

namespace Monolith.EndToEnd.Tests;

[Collection(RunningHostCollection.Name)]
public sealed class TransferTests(RunningHost host)
{
    private const string Runner = "accounts.transfer_runner";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_transfer_is_made_runs_by_itself_and_stands_in_both_statements()
    {
        var (from, to) = (await Account(100m), await Account(0m));

        var requested = (await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 30.50m, reference = "rent" })).ShouldBe(201, version: 1);
        var transfer = await Ended(requested);

        Assert.Equal(("completed", 30.50m, "EUR"), (transfer["status"]!.ToString(), transfer["amount"]!.GetValue<decimal>(), transfer["currency"]!.ToString()));
        Assert.NotNull(transfer["endedAt"]);
        Assert.Equal(("transfer_sent", 69.50m, Id(to)), await LastMovement(from));
        Assert.Equal(("transfer_received", 30.50m, Id(from)), await LastMovement(to));
    }

    [Fact]
    public async Task A_transfer_that_is_not_covered_is_refused_and_one_to_a_frozen_account_is_compensated()
    {
        var (from, to) = (await Account(10m), await Account(0m));
        var refused = await Ended(await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 11m }));
        (await host.Post($"{to}/freeze")).ShouldBe(200);
        var compensated = await Ended(await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 4m }));

        Assert.Equal(("refused", "insufficient_funds"), (refused["status"]!.ToString(), refused["reason"]!.ToString()));
        Assert.Equal(("compensated", "account_frozen"), (compensated["status"]!.ToString(), compensated["reason"]!.ToString()));
        Assert.Equal(("transfer_returned", 10m, Id(to)), await LastMovement(from));
    }

    [Fact]
    public async Task A_transfer_of_an_archived_account_is_refused_at_once_and_runs_when_it_is_restored()
    {
        var (from, to) = (await Account(10m), await Account(0m));
        var archive = host.Services.GetRequiredService<ArchivedAggregates>();
        var stream = new StreamId("demo", "account", Guid.Parse(Id(to)));

        Assert.True(await archive.Archive(stream, ct: Ct));
        (await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 4m })).ShouldBeProblem(409, "account_archived");
        (await host.Post("/api/accounts/transfers", new { from = Id(to), to = Id(from), amount = 4m })).ShouldBeProblem(409, "account_archived");
        (await host.Post($"{to}/deposits", new { amount = 4m })).ShouldBeProblem(409, "account_archived");

        Assert.True(await archive.Restore(stream, Ct));
        var transfer = await Ended(await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 4m }));
        Assert.Equal("completed", transfer["status"]!.ToString());
    }

    [Fact]
    public async Task A_transfer_that_is_asked_for_again_with_its_id_runs_once()
    {
        var (from, to, id) = (await Account(10m), await Account(0m), Guid.CreateVersion7());
        var first = await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 4m, id });
        await Ended(first);
        Assert.Equal(first["Location"], (await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 4m, id })).ShouldBe(201)["Location"]);

        (await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 5m, id })).ShouldBeProblem(409, "transfer_exists");
        Assert.Equal(6m, (await LastMovement(from)).Balance);
    }

    [Fact]
    public async Task A_transfer_that_cannot_be_is_refused_at_once()
    {
        var (euros, nowhere) = (Id(await Account(10m)), Guid.CreateVersion7().ToString());
        var dollars = Id((await host.Post("/api/accounts", new { holder = "Bob", currency = "USD" })).ShouldBe(201)["Location"]!);

        (await host.Post("/api/accounts/transfers", new { from = euros, to = dollars, amount = 1 })).ShouldBeProblem(409, "currency_mismatch");
        (await host.Post("/api/accounts/transfers", new { from = euros, to = nowhere, amount = 1 })).ShouldBeProblem(409, "unknown_account");
        (await host.Post("/api/accounts/transfers", new { from = euros, to = euros, amount = 1 })).ShouldBeProblem(409, "same_account");
        (await host.Post("/api/accounts/transfers", new { from = euros, to = nowhere, amount = 0 })).ShouldBeProblem(400, "invalid");
        (await host.Post("/api/accounts/transfers", new { from = euros, to = nowhere, amount = 1, id = Guid.Empty })).ShouldBeProblem(400, "invalid");
        (await host.Get($"/api/accounts/transfers/{nowhere}")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task A_transfer_that_the_runner_had_to_leave_is_swept_up_when_its_account_is_restored()
    {
        var (from, to) = (await Account(10m), await Account(0m));
        var (store, operations) = (host.Services.GetRequiredService<IEventStore>(), host.Services.GetRequiredService<ProjectionOperations>());
        var archived = new StreamId("demo", "account", Guid.Parse(Id(to)));
        await store.Archive(archived, ExpectedVersion.Any, Ct);

        // Asked for in the moment before that, by what the accounts were then; and the account itself knows nothing of the archive.
        var transfer = $"/api/accounts/transfers/{Guid.CreateVersion7()}";
        var terms = new TransferTerms(Guid.Parse(Id(from)), archived.AggregateId, 4m, Currency.Parse("EUR"), "");
        await store.Append(
            new(archived with { AggregateType = "transfer", AggregateId = Guid.Parse(Id(transfer)) }, ExpectedVersion.None, [NewEvent.Of(new TransferRequested(terms, 2, 1, DateTimeOffset.MaxValue))]), Ct);
        await Until(async () => (await operations.Parked(Runner, Ct)).Count > 0);
        await host.CaughtUp();
        Assert.Equal("debited", (await host.Get(transfer)).ShouldBe(200).Json["status"]!.ToString());
        await store.Restore(archived, Ct);

        Assert.Equal("completed", (await Ended(transfer))["status"]!.ToString());
        Assert.Equal(1, await operations.RetryAll(Runner, Ct));
        await Until(async () => (await operations.Parked(Runner, Ct)).Count == 0);
        Assert.Equal(4m, (await LastMovement(to)).Balance);
    }

    [Fact]
    public async Task Transfers_are_listed_by_status_a_page_at_a_time()
    {
        var (from, to) = (await Account(10m), await Account(0m));
        var made = new List<string>();
        for (var number = 0; number < 3; number++)
        {
            made.Insert(0, Id((await Ended(await host.Post("/api/accounts/transfers", new { from = Id(from), to = Id(to), amount = 1m })))["id"]!.ToString()));
        }

        var first = (await host.Get("/api/accounts/transfers?status=completed&pageSize=2")).ShouldBe(200).Json;
        Assert.Equal(made[..2], first["items"]!.Names("id"));
        var second = (await host.Get(first["next"]!.ToString())).ShouldBe(200).Json;
        Assert.Equal(made[2], second["items"]!.Names("id").First());
        Assert.DoesNotContain((await host.Get("/api/accounts/transfers?status=refused")).ShouldBe(200).Json["items"]!.Names("id"), made.Contains);

        (await host.Get("/api/accounts/transfers?status=none")).ShouldBeProblem(400, "invalid");
        (await host.Get("/api/accounts/transfers?pageSize=101")).ShouldBeProblem(400, "invalid");
    }

    [Fact]
    public async Task A_statement_is_narrowed_to_a_period_and_paged_within_it()
    {
        var account = await Account(1m);
        await host.Projected((await host.Post($"{account}/deposits", new { amount = 2m })).ShouldBe(200));
        await host.Projected((await host.Post($"{account}/deposits", new { amount = 3m })).ShouldBe(200));
        var times = (await host.Get($"{account}/statement")).ShouldBe(200).Json["items"]!.Names("at").Select(Uri.EscapeDataString).ToList();

        Assert.Equal(["2"], await Amounts($"{account}/statement?from={times[1]}&to={times[0]}"));
        Assert.Equal(["3", "2"], await Amounts($"{account}/statement?from={times[1]}"));
        Assert.Equal(["1"], await Amounts($"{account}/statement?to={times[1]}"));
        var page = (await host.Get($"{account}/statement?to={times[0]}&pageSize=1")).ShouldBe(200).Json;
        Assert.Equal(["1"], await Amounts(page["next"]!.ToString()));
        (await host.Get($"{account}/statement?from={times[0]}&to={times[1]}")).ShouldBeProblem(400, "invalid");
    }

    [Fact]
    public async Task What_moved_on_all_accounts_is_added_up_by_day_and_currency()
    {
        async Task<string> Opened() => (await host.Post("/api/accounts", new { holder = "Ada", currency = "ISK" })).ShouldBe(201)["Location"]!;
        var (one, other) = (await Opened(), await Opened());
        (await host.Post($"{one}/deposits", new { amount = 70 })).ShouldBe(200);
        (await host.Post($"{other}/deposits", new { amount = 30 })).ShouldBe(200);
        await host.Projected((await host.Post($"{one}/withdrawals", new { amount = 20 })).ShouldBe(200));

        var totals = (await host.Get("/api/accounts/totals?currency=isk")).ShouldBe(200).Json;

        // At midnight the movements of a moment may be those of two days.
        var items = totals["items"]!.AsArray();
        Assert.Equal((100m, 20m, 3L), (items.Sum(item => (decimal)item!["deposited"]!), items.Sum(item => (decimal)item!["withdrawn"]!), items.Sum(item => (long)item!["movements"]!)));
        Assert.Empty((await host.Get("/api/accounts/totals?from=2020-01-01&to=2020-01-31")).ShouldBe(200).Json["items"]!.AsArray());
        (await host.Get("/api/accounts/totals?from=2020-01-01&to=2020-02-01")).ShouldBeProblem(400, "invalid");
    }

    [Fact]
    public async Task An_account_is_overdrawn_as_far_as_is_agreed_and_frozen_until_it_is_unfrozen()
    {
        var account = await Account(0m);
        (await host.Put($"{account}/overdraft", new { limit = 50m })).ShouldBe(200);
        (await host.Post($"{account}/withdrawals", new { amount = 50.01m })).ShouldBeProblem(409, "insufficient_funds");
        (await host.Post($"{account}/withdrawals", new { amount = 50m })).ShouldBe(200);
        (await host.Put($"{account}/overdraft", new { limit = 49m })).ShouldBeProblem(409, "overdraft_in_use");
        await host.Projected((await host.Post($"{account}/freeze")).ShouldBe(200));

        var view = (await host.Get(account)).ShouldBe(200).Json;
        Assert.Equal((-50m, 50m), (view["balance"]!.GetValue<decimal>(), view["overdraft"]!.GetValue<decimal>()));
        Assert.Equal(["by_bank"], view["frozenFor"]!.AsArray().Select(reason => reason!.ToString()));
        (await host.Post($"{account}/deposits", new { amount = 1m })).ShouldBeProblem(409, "account_frozen");
        (await host.Post($"{account}/unfreeze")).ShouldBe(200);
        (await host.Post($"{account}/deposits", new { amount = 1m })).ShouldBe(200);
    }

    private static string Id(string path) => path[(path.LastIndexOf('/') + 1)..];

    private async Task<string> Account(decimal balance)
    {
        var account = await host.NewAccount();
        if (balance > 0m)
        {
            await host.Projected((await host.Post($"{account}/deposits", new { amount = balance })).ShouldBe(200));
        }

        return account;
    }

    // A transfer runs by itself, so nobody is told the position of its end.
    private async Task<JsonNode> Ended(Answer requested)
    {
        await host.Projected(requested);
        return await Ended(requested["Location"]!);
    }

    private async Task<JsonNode> Ended(string transfer)
    {
        await Until(async () => (await host.Get(transfer)).ShouldBe(200).Json["endedAt"] is not null);
        await host.CaughtUp();
        return (await host.Get(transfer)).ShouldBe(200).Json;
    }

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

    private async Task<(string Kind, decimal Balance, string? Counterparty)> LastMovement(string account)
    {
        var last = (await host.Get($"{account}/statement?pageSize=1")).ShouldBe(200).Json["items"]![0]!;
        return (last["kind"]!.ToString(), last["balance"]!.GetValue<decimal>(), last["counterparty"]?.ToString());
    }

    private async Task<string[]> Amounts(string path) =>
        [.. (await host.Get(path)).ShouldBe(200).Json["items"]!.AsArray().Select(item => item!["amount"]!.GetValue<decimal>().ToString("0", null))];
}
