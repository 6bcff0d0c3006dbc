using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.Testing.Conformance;
using Monolith.Webhooks.Delivering;
using Monolith.Webhooks.Tests.Hosts;

namespace Monolith.Webhooks.Tests;

/// <summary>What is kept of deliveries and for how long, and what is replayed from it.</summary>
[Collection(WebhooksHostCollection.Name)]
public sealed class DeliveryLogTests(WebhooksHost host)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_older_than_the_log_is_kept_is_removed_from_it()
    {
        var (place, _) = await host.Register("/old");
        await host.NewUser();
        await host.NewUser();
        await host.Deliveries(place, items => items.Count == 2 && items.All(item => item["status"]!.ToString() == "delivered"));
        await host.Database.DataSource.Execute(
            $$"""
            update webhooks.mt_doc_delivery set data = data || '{"occurredAt": "2020-01-01T00:00:00+00:00"}'
            where id = (select min(id::text)::uuid from webhooks.mt_doc_delivery where data ->> 'endpointId' = '{{place.Split('/')[^1]}}')
            """,
            Ct);

        await host.Services.GetServices<IHostedService>().OfType<DeliveryCleaning>().Single().Clean(Ct);
        await host.Deliveries(place, items => items.Count == 1);
    }

    [Fact]
    public async Task What_is_known_of_failures_goes_with_the_next_success_and_when_nothing_comes_after_them_for_long()
    {
        var (place, _) = await host.Register("/well");
        await host.HasFailed(place, "2020-01-01T00:00:00+00:00");
        var (older, _) = await host.Register("/older");
        await host.HasFailed(older, since: null);
        await host.NewUser();
        await host.Deliveries(place, items => items.Count == 1 && items[0]["status"]!.ToString() == "delivered");
        await host.Deliveries(older, items => items.Count == 1 && items[0]["status"]!.ToString() == "delivered");
        Assert.Null((await host.Send(HttpMethod.Get, place)).Body!["failingSince"]);
        var (removed, _) = await host.Register("/removed");
        var id = await host.HasFailed(removed, "2020-01-01T00:00:00+00:00");
        Assert.Equal(204, (await host.Send(HttpMethod.Delete, removed)).Status);

        await host.Services.GetServices<IHostedService>().OfType<DeliveryCleaning>().Single().Clean(Ct);

        Assert.Equal(0L, await host.Database.DataSource.Scalar<long>($"select count(*) from webhooks.mt_doc_endpointhealth where id in ('{id}', '{place.Split('/')[^1]}', '{older.Split('/')[^1]}')", Ct));
    }

    [Fact]
    public async Task What_happened_at_one_moment_is_listed_replayed_and_told_whole_and_in_order()
    {
        const int Events = 520;
        var (place, _) = await host.Register("/moment", events: "users.user_deleted");
        var id = place.Split('/')[^1];
        Assert.Equal(200, (await host.Send(HttpMethod.Post, $"{place}/pause", new { reason = "We move." })).Status);
        await host.Database.DataSource.Execute(
            $$"""
            insert into webhooks.mt_doc_delivery (tenant_id, id, data, mt_last_modified, mt_version, mt_dotnet_type)
            select 'acme', id, jsonb_build_object(
              'id', id, 'endpointId', '{{id}}', 'event', 'users.user_deleted', 'occurredAt', '2026-01-01T09:30:00.123456+00:00', 'position', n, 'body', '{"n": ' || n || '}', 'status', 'Delivered',
              'round', 0, 'attempts', 1, 'nextAttemptAt', null, 'log', '[]'::jsonb), now(), gen_random_uuid(), ''
            from (select n, gen_random_uuid() as id from generate_series(1, {{Events}}) as n) as delivery
            """,
            Ct);

        var listed = new List<string>();
        var pages = 0;
        for (string? next = $"{place}/deliveries?pageSize=100"; next is not null; pages++)
        {
            var (_, page) = await host.Send(HttpMethod.Get, next);
            listed.AddRange(page!["items"]!.AsArray().Select(item => item!["id"]!.ToString()));
            next = page["next"]?.ToString();
        }

        Assert.Equal((6, Events, Events), (pages, listed.Count, listed.Distinct(StringComparer.Ordinal).Count()));
        var (_, first) = await host.Send(HttpMethod.Post, $"{place}/replays", new { from = "2026-01-01T00:00:00Z", to = "2026-01-02T00:00:00Z" });
        var (_, rest) = await host.Send(
            HttpMethod.Post, $"{place}/replays", new { from = first!["nextFrom"]!.ToString(), to = "2026-01-02T00:00:00Z", after = first["nextAfter"]!.ToString() });
        Assert.Equal((500, 20), (first["deliveries"]!.GetValue<int>(), rest!["deliveries"]!.GetValue<int>()));
        Assert.Null(rest["nextFrom"]);
        await host.Database.DataSource.Until(
            $"select count(*) = {Events} from webhooks.mt_doc_delivery where data ->> 'endpointId' = '{id}' and data ->> 'status' = 'Held' and (data ->> 'round')::int = 1", Ct);
        Assert.Equal(200, (await host.Send(HttpMethod.Post, $"{place}/resume")).Status);
        var told = await host.Receiver.Got("/moment", Events);
        Assert.Equal(Enumerable.Range(1, Events), told.Select(received => received.Json["n"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("beforeId=019a20c2-0a0b-7c0d-8e0f-101112131415")]
    [InlineData("status=7")]
    [InlineData("pageSize=101")]
    public async Task A_page_of_the_log_that_cannot_be_is_refused(string query)
    {
        var (place, _) = await host.Register("/refused");
        Assert.Equal(400, (await host.Send(HttpMethod.Get, $"{place}/deliveries?{query}")).Status);
    }
}
