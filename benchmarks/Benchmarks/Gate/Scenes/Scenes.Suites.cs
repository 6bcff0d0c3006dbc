namespace Monolith.Benchmarks.Gate;

/// <summary>The scenes that are suites in turns.</summary>
internal static partial class Scenes
{
    internal const string Bounds = "[What bounds loads, commands and the feed](../../docs/decisions/0003-what-bounds-loads-commands-and-the-feed.md)";

    private static readonly Func<Task> Nothing = () => Task.CompletedTask;

    private static SuiteScene Batches(int writers, double goal)
    {
        const string Snapshots = "Monolith, with snapshots";
        const string Insert = "INSERT of ten rows";
        var name = $"append-10-by-{writers}";
        var row = new Row($"{name}-marten", $"append 10 events, {writers} writer{(writers == 1 ? "" : "s")}", "Marten, quick append") { Goal = goal, Reason = $"the goal is about what a bare INSERT of the ten rows does: {Bounds}" };
        var insert = new Row($"{name}-insert", row.Question, "a bare prepared INSERT of the same ten rows, from as many connections");
        var snapped = new Row($"{name}-snapshots-marten", $"{row.Question}, and a snapshot every tenth time", "Marten, quick append, which writes none");
        return new(name, [new(insert, Monolith, Insert), new(row, Monolith, Marten), new(snapped, Snapshots, Marten)], async () =>
        {
            var suite = new BatchAppend { Writers = writers };
            await suite.Setup();
            return (
                [
                    Competitor.Whole(Monolith, BatchAppend.AppendsPerInvocation, suite.Append),
                    Competitor.Whole(Snapshots, BatchAppend.AppendsPerInvocation, suite.AppendWithSnapshots),
                    Competitor.Whole(Marten, BatchAppend.AppendsPerInvocation, suite.Marten),
                    Competitor.Whole(Insert, BatchAppend.AppendsPerInvocation, suite.Insert),
                ],
                suite.Cleanup);
        }, isVariant: writers > 1);
    }

    private static SuiteScene Observed(int writers)
    {
        const string Quiet = "nobody listens";
        const string Listened = "metrics and traces";
        var row = new Row($"observed-by-{writers}", $"append 1 event, {writers} writer{(writers == 1 ? "" : "s")}, all metrics and spans recorded: how many times as long", "nobody listens")
        {
            Goal = 1.05,
            Sense = Sense.AtMost,
        };
        return new(row.Id, [new(row, Quiet, Listened)], async () =>
        {
            var suite = new ObservedAppend { Writers = writers };
            await suite.Setup();
            return (
                [
                    Competitor.Whole(Quiet, ObservedAppend.Appends, suite.Unobserved),
                    Competitor.Whole(Listened, ObservedAppend.Appends, suite.Observed) with { Before = suite.Listen, After = suite.StopListening },
                ],
                suite.Cleanup);
        }, isVariant: writers > 1);
    }

    private static SuiteScene LoadOfLong()
    {
        const string Question = "load an aggregate of 9,999 events";
        const string Cached = "Monolith, state in memory";
        const string Live = "Marten, live";
        const string Inline = "Marten, inline";
        const string Replay = "Monolith, full replay";
        const string Select = "SELECT, snapshot and tail";
        const string SelectAll = "SELECT, all events";
        return new(
            "load-10000",
            [
                new(new("load-10000-live", Question, "Marten, live aggregation") { Goal = 75 }, Monolith, Live),
                new(new("load-10000-inline", Question, "Marten, inline snapshot, which each append pays for") { Goal = 0.5, Reason = $"a hundred rows against one: {Bounds}" }, Monolith, Inline),
                new(new("load-10000-cached", $"{Question}, its state in memory", "Marten, inline snapshot") { Goal = 1, Reason = $"a row of the tenant and one of the stream: {Bounds}" }, Cached, Inline),
                new(new("load-10000-select", Question, "a bare SELECT of snapshot and tail"), Monolith, Select),
                new(new("load-10000-replay-select", $"{Question} without snapshot", "a bare SELECT of all events"), Replay, SelectAll),
            ],
            async () =>
            {
                var suite = new AggregateLoad { Events = Benchmark.IsDry ? 999 : 9_999 };
                await suite.Setup();
                return (
                    [
                        Competitor.Of(Monolith, suite.Snapshot), Competitor.Of(Cached, suite.Cached), Competitor.Of(Replay, suite.Replay), Competitor.Of(Live, suite.MartenLive),
                        Competitor.Of(Inline, suite.MartenInline), Competitor.Of(Select, suite.BareSnapshot), Competitor.Of(SelectAll, suite.BareAll),
                    ],
                    suite.Cleanup);
            });
    }

    private static SuiteScene LoadByLength()
    {
        const string Short = "of 199 events";
        const string Long = "of 100,099 events";
        const string Past = "of 1,099 events, at 599";
        const string LongPast = "of 100,099 events, at 50,099";
        return new(
            "load-length",
            [
                new(new("load-length-now", "load of 100,099 events: how many times as long", "of 199 events") { Goal = 1.2, Sense = Sense.AtMost }, Short, Long),
                new(new("load-length-past", "load at version 50,099 of 100,099: how many times as long", "at version 599 of 1,099") { Goal = 1.2, Sense = Sense.AtMost }, Past, LongPast),
            ],
            async () =>
            {
                var suite = new LoadByLength();
                await suite.Setup();
                return (
                    [
                        Competitor.Of(Short, suite.Of100), Competitor.Of(Long, suite.Of100000),
                        Competitor.Of(Past, suite.MiddleOf1000), Competitor.Of(LongPast, suite.MiddleOf100000),
                    ],
                    Nothing);
            });
    }

    private static SuiteScene LoadOfPast()
    {
        var row = new Row("load-past-live", "load an aggregate of 10,000 events as it was at 4,999", "Marten, live aggregation to the version");
        return new("load-past", [new(row, Monolith, Marten)], async () =>
        {
            var suite = new PastLoad { Events = Benchmark.IsDry ? 400 : 10_000 };
            await suite.Setup();
            return ([Competitor.Of(Monolith, suite.Snapshot), Competitor.Of(Marten, suite.MartenLive)], suite.Cleanup);
        });
    }

    private static SuiteScene Commands(int callers)
    {
        const string Cached = "Monolith, state in memory";
        var name = $"command-by-{callers}";
        var row = new Row($"{name}-marten", $"command: load, decide, append, {callers} at once", "Marten with inline snapshot, through Wolverine") { Goal = 1.5, Reason = $"the load of up to a hundred events, without the state in memory: {Bounds}" };
        var cached = new Row($"{name}-cached-marten", $"{row.Question}, the state in memory", row.Against);
        return new(name, [new(row, Monolith, Marten), new(cached, Cached, Marten)], async () =>
        {
            var suite = new CommandEndToEnd { Callers = callers };
            await suite.Setup();
            return (
                [
                    Competitor.Whole(Monolith, CommandEndToEnd.CommandsPerInvocation, suite.Monolith),
                    Competitor.Whole(Cached, CommandEndToEnd.CommandsPerInvocation, suite.Cached),
                    Competitor.Whole(Marten, CommandEndToEnd.CommandsPerInvocation, suite.Marten),
                ],
                suite.Cleanup);
        }, isVariant: callers > 1);
    }

    private static SuiteScene CatchUp()
    {
        var row = new Row("catch-up-documents-marten", "projection catch-up, the same events into the same documents", "Marten's async daemon") { Goal = 4, Reason = $"the feed, which is read beside: {Bounds}" };
        return new("catch-up-documents", [new(row, Monolith, Marten)], async () =>
        {
            var suite = new ProjectionCatchUp();
            await suite.SetupRunner();
            await suite.SetupMarten();
            return (
                [
                    Competitor.Whole(Monolith, ProjectionCatchUp.Events, suite.Runner) with { Before = suite.ForgetRunner, After = suite.CheckRunner },
                    Competitor.Whole(Marten, ProjectionCatchUp.Events, suite.MartenDaemon) with { Before = suite.ForgetMarten, After = suite.CheckMarten },
                ],
                InTurn(suite.CleanupRunner, suite.CleanupMarten));
        });
    }

    private static SuiteScene Feed()
    {
        const string Shards = "Monolith, shard by shard";
        const string Select = "SELECT";
        return new(
            "feed",
            [
                new(new("feed-merged-select", "feed read alone, all shards in order", "a bare SELECT in position order") { Goal = 0.8, Reason = $"decoding, envelopes and the merge of the shards: {Bounds}" }, Monolith, Select),
                new(new("feed-shards-select", "feed read alone, shard by shard as projections read it", "the same SELECT") { Goal = 0.8, Reason = $"decoding and envelopes: {Bounds}" }, Shards, Select),
            ],
            async () =>
            {
                var suite = new FeedRead();
                await suite.Setup();
                return (
                    [
                        Competitor.Whole(Monolith, FeedRead.Events, suite.Feed), Competitor.Whole(Shards, FeedRead.Events, suite.Shards),
                        Competitor.Whole(Select, FeedRead.Events, suite.Bare),
                    ],
                    suite.Cleanup);
            });
    }

    private static SuiteScene Partitions()
    {
        const string Appends = "[What bounds an append](../../docs/decisions/0002-what-bounds-an-append.md)";
        const string Turn = $"a connection keeps 250 statements prepared, and a round through all leaves meets none of them: {Appends}";
        const string Tenants = $"a connection keeps 250 statements prepared, so the rare leaves are planned each time: {Appends}";
        return new(
            "partitions",
            [
                Row("append", "in turn", Turn), Row("append", "as tenants do", Tenants), Row("load", "in turn", Turn), Row("load", "as tenants do", Tenants),
            ],
            async () =>
            {
                var suite = new ManyPartitions();
                await suite.Setup();
                return (
                    [
                        .. Both("append in turn", suite.AppendInMany, suite.AppendInOne),
                        .. Both("append as tenants do", suite.AppendAsTenantsInMany, suite.AppendAsTenantsInOne),
                        .. Both("load in turn", suite.LoadInMany, suite.LoadInOne),
                        .. Both("load as tenants do", suite.LoadAsTenantsInMany, suite.LoadAsTenantsInOne),
                    ],
                    suite.Cleanup);
            });

        static Pairing Row(string what, string order, string reason) => new(
            new($"partitions-{what}-{order.Replace(' ', '-')}", $"{what} with 1,024 partitions, {order}", "the same with 1") { Goal = 0.9, Reason = reason },
            $"{what} {order}, 1,024",
            $"{what} {order}, 1");

        static IEnumerable<Competitor> Both(string what, Func<Task> many, Func<Task> one) => [Competitor.Of($"{what}, 1,024", many), Competitor.Of($"{what}, 1", one)];
    }

    private static SuiteScene ManyTenants()
    {
        return new("tenants", [Row("append"), Row("load")], async () =>
        {
            var suite = new ManyTenants();
            await suite.Setup();
            return (
                [
                    Competitor.Of("append, 10,000", suite.AppendOfTenThousand), Competitor.Of("append, 1", suite.AppendOfOne),
                    Competitor.Of("load, 10,000", suite.LoadOfTenThousand), Competitor.Of("load, 1", suite.LoadOfOne),
                ],
                suite.Cleanup);
        });

        static Pairing Row(string what) =>
            new(new($"tenants-{what}", $"{what} with 10,000 tenants in the pool, in turn", "the same streams of 1") { Goal = 0.9, Reason = $"eight leaves in turn instead of one: {Bounds}" }, $"{what}, 10,000", $"{what}, 1");
    }

    private static SuiteScene IntoTable()
    {
        var row = new Row("catch-up-table-marten", "projection catch-up into a table, a statement an event", "Marten's flat table projection");
        return new("catch-up-table", [new(row, Monolith, Marten)], async () =>
        {
            var suite = new TableCatchUp();
            await suite.SetupRunner();
            await suite.SetupMarten();
            return (
                [
                    Competitor.Whole(Monolith, TableCatchUp.Events, suite.Runner) with { Before = suite.ForgetRunner, After = suite.CheckRunner },
                    Competitor.Whole(Marten, TableCatchUp.Events, suite.MartenDaemon) with { Before = suite.ForgetMarten, After = suite.CheckMarten },
                ],
                InTurn(suite.CleanupRunner, suite.CleanupMarten));
        });
    }

    private static SuiteScene Rebuilds()
    {
        var row = new Row("rebuild-marten", "rebuild of 100,000 events, beside the live documents", "Marten's rebuild, which empties them first");
        return new("rebuild-speed", [new(row, Monolith, Marten)], async () =>
        {
            var suite = new Rebuild();
            await suite.SetupMonolith();
            await suite.SetupMarten();
            return (
                [
                    Competitor.Whole(Monolith, Rebuild.Events, suite.Beside) with { After = suite.CheckMonolith },
                    Competitor.Whole(Marten, Rebuild.Events, suite.Marten) with { After = suite.CheckMarten },
                ],
                InTurn(suite.CleanupMonolith, suite.CleanupMarten));
        });
    }

    private static SuiteScene Json()
    {
        return new("serialization", [Row("encode", "encode an event as JSON"), Row("decode", "decode an event")], () =>
        {
            var suite = new Serialization();
            suite.Setup();
            return Task.FromResult<(IReadOnlyList<Competitor>, Func<Task>)>((
                [
                    Codec("encode", () => suite.MonolithEncode()), Codec("encode, bare", () => suite.BareEncode()),
                    Codec("decode", () => suite.MonolithDecode()), Codec("decode, bare", () => suite.BareDecode()),
                ],
                Nothing));
        });

        static Pairing Row(string what, string question) => new(new($"serialization-{what}", question, "System.Text.Json generated for its type"), what, $"{what}, bare");

        static Competitor Codec(string name, Action once) => new(name, pieces =>
        {
            for (var n = 0; n < pieces; n++)
            {
                once();
            }

            return Task.CompletedTask;
        });
    }

    private static Func<Task> InTurn(Func<Task> first, Func<Task> second) => async () =>
    {
        await first();
        await second();
    };
}
