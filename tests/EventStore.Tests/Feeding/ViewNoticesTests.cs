using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.EventStore.Tests.Feeding;

public sealed class ViewNoticesTests(PostgresFixture postgres) : ConformanceTests(postgres)
{
    [Theory]
    [InlineData(2, 2, 4, "p0/t0")]
    [InlineData(2, 500, 2, "p0/")]
    [InlineData(1500, 2, 1, "/")]
    public void What_is_too_much_for_a_notice_is_told_with_less_detail(int projections, int tenants, int lines, string first)
    {
        var changes = Enumerable.Range(0, projections).SelectMany(p => Enumerable.Range(0, tenants), (p, t) => new ViewChange($"p{p}", $"t{t}")).ToList();

        var notice = ViewNotices.Write("host", changes.Select(change => change with { Projection = change.Projection + new string('x', 10) }).ToList());

        Assert.InRange(notice.Length, 1, 7000);
        Assert.Equal(lines, notice.Split('\n').Length - 1);
        Assert.Equal(first, notice.Split('\n')[1].Replace("xxxxxxxxxx", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_reads_what_others_tell_and_not_what_it_told_itself()
    {
        await using var store = await NewStore();
        var notices = new ViewNotices(store.DataSource, TimeProvider.System, NullLogger.Instance);

        Assert.Equal(
            [new ViewChange("notes.texts", "acme"), new ViewChange("notes.texts", null), new ViewChange(null, null)],
            notices.Read("another\nnotes.texts/acme\nnotes.texts/\n/"));
        Assert.Empty(notices.Read(notices.Write([new("notes.texts", "acme")])));
    }

    [Fact]
    public async Task Changes_of_a_read_model_are_told_on_its_own_host_and_on_others_that_watch_it()
    {
        await using var hosts = await NewHosts();
        var (one, other) = (await Watching(hosts), await Watching(hosts));
        await hosts.Until(() => one.Heard.Contains("any") && other.Heard.Contains("any"), "both listen");
        await one.Host.Store.Append(new(NewTally(), ExpectedVersion.Any, [NewEvent.Of(new Counted(1))]), Ct);
        await hosts.Until(() => one.Heard.Contains(Acme) && other.Heard.Contains(Acme), "both have heard of the tenant");
        await one.Host.Store.Append(new(NewTally(Initech), ExpectedVersion.Any, [NewEvent.Of(new Counted(1))]), Ct);
        await hosts.Until(() => one.Heard.Contains(Initech) && other.Heard.Contains(Initech), "both have heard of the tenant with its own shard");

        Assert.DoesNotContain(Globex, one.Heard.Concat(other.Heard));
    }

    private static async Task<(ProjectionHost Host, ConcurrentBag<string> Heard)> Watching(ProjectionHosts hosts)
    {
        var heard = new ConcurrentBag<string>();
        var host = await hosts.Start(new() { Watch = ("tests.tallies", tenant => heard.Add(tenant ?? "any")) }, new TallyViews());
        return (host, heard);
    }
}
