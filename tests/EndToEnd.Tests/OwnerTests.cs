using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;
using Monolith.Hosting;

namespace Monolith.EndToEnd.Tests;

/// <summary>Accounts of users: what one module is told by another.</summary>
[Collection(RunningHostCollection.Name)]
public sealed class OwnerTests(RunningHost host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_account_is_opened_for_a_user_who_was_created_a_moment_ago()
    {
        var user = Id(await host.NewUser());

        var account = await Open(user);

        Assert.Equal(user, (await host.Get(account)).ShouldBe(200).Json["owner"]!.ToString());
    }

    [Fact]
    public async Task Accounts_of_a_deactivated_user_are_frozen_until_the_user_is_activated_and_those_of_the_bank_stay_frozen()
    {
        var user = await host.NewUser();
        var (one, other) = (await Open(Id(user)), await Open(Id(user)));
        (await host.Post($"{other}/freeze")).ShouldBe(200);

        (await host.Post($"{user}/deactivate")).ShouldBe(200);
        await FrozenFor(one, "owner_inactive");
        await FrozenFor(other, "by_bank", "owner_inactive");
        (await host.Post($"{one}/deposits", new { amount = 1 })).ShouldBeProblem(409, "account_frozen");
        (await host.Post($"{one}/unfreeze")).ShouldBe(200);
        (await host.Post($"{one}/deposits", new { amount = 1 })).ShouldBeProblem(409, "account_frozen");
        (await host.Post("/api/accounts", new { holder = "Ada", currency = "EUR", owner = Id(user) })).ShouldBeProblem(409, "owner_inactive");

        (await host.Post($"{user}/activate")).ShouldBe(200);
        await FrozenFor(one);
        await FrozenFor(other, "by_bank");
        (await host.Post($"{one}/deposits", new { amount = 1 })).ShouldBe(200);
    }

    [Fact]
    public async Task Accounts_of_a_deleted_user_are_frozen_for_good()
    {
        var user = await host.NewUser();
        var account = await Open(Id(user));

        (await host.Delete(user)).ShouldBe(204);
        await FrozenFor(account, "owner_inactive");
        (await host.Post("/api/accounts", new { holder = "Ada", currency = "EUR", owner = Id(user) })).ShouldBeProblem(409, "owner_inactive");
    }

    [Fact]
    public async Task An_archived_account_holds_up_no_other_of_its_owner_and_follows_the_owner_when_it_is_back()
    {
        var user = await host.NewUser();
        var (archived, other) = (await Open(Id(user)), await Open(Id(user)));
        var archive = host.Services.GetRequiredService<ArchivedAggregates>();
        var stream = new StreamId("demo", "account", Guid.Parse(Id(archived)));
        await archive.Archive(stream, ct: Ct);

        (await host.Post($"{user}/deactivate")).ShouldBe(200);
        await FrozenFor(other, "owner_inactive");

        await archive.Restore(stream, Ct);
        await FrozenFor(archived, "owner_inactive");
    }

    [Fact]
    public async Task An_account_is_not_opened_for_a_user_whom_nobody_knows_or_another_tenant_has()
    {
        var elsewhere = Id(await host.NewUser(tenant: "acme"));

        (await host.Post("/api/accounts", new { holder = "Ada", currency = "EUR", owner = Guid.CreateVersion7() })).ShouldBeProblem(409, "owner_unknown");
        (await host.Post("/api/accounts", new { holder = "Ada", currency = "EUR", owner = elsewhere })).ShouldBeProblem(409, "owner_unknown");
    }

    // Each is opened before, while or after the facts of the user arrive; in the end all are as the user is.
    [Fact]
    public async Task Accounts_that_are_opened_while_their_owner_comes_and_goes_end_as_the_owner_is()
    {
        var user = await host.NewUser();
        await Open(Id(user));
        var opened = Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
            await host.Post("/api/accounts", new { holder = "Ada", currency = "EUR", owner = Id(user) })));
        foreach (var change in new[] { "deactivate", "activate", "deactivate" })
        {
            (await host.Post($"{user}/{change}")).ShouldBe(200);
        }

        foreach (var answer in await opened)
        {
            if (answer.Status == 201)
            {
                await FrozenFor(answer["Location"]!, "owner_inactive");
            }
            else
            {
                answer.ShouldBeProblem(409, "owner_inactive");
            }
        }
    }

    private static string Id(string path) => path[(path.LastIndexOf('/') + 1)..];

    private async Task<string> Open(string owner) =>
        (await host.Projected((await host.Post("/api/accounts", new { holder = "Ada Lovelace", currency = "EUR", owner })).ShouldBe(201)))["Location"]!;

    private async Task FrozenFor(string account, params string[] reasons)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        JsonArray? shown;
        do
        {
            var view = await host.Get(account);
            shown = view.Status == 200 ? view.Json["frozenFor"]!.AsArray() : null;
        }
        while (shown?.Select(reason => reason!.ToString()).SequenceEqual(reasons) != true && await again.WaitForNextTickAsync(deadline.Token));
    }
}
