using System.Diagnostics.Metrics;
using Marten;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Hosting.Tests.Sample;
using Npgsql;

namespace Monolith.Hosting.Tests.ReadModels;

/// <summary>What the cache keeps, for whom, and what makes it forget; without a database.</summary>
public sealed class ReadModelCacheTests : IAsyncDisposable
{
    private const string Projection = "notes.note_texts";

    private readonly DomainModel model = new DomainModelBuilder().AddEvent(typeof(NoteWritten)).AddEvent(typeof(NoteChanged)).AddAggregate(typeof(Note)).Build();
    private readonly NpgsqlDataSource nowhere = NpgsqlDataSource.Create("Host=localhost;Port=1");
    private readonly DocumentStore documents = DocumentStore.For("Host=localhost;Port=1");
    private readonly PostgresEventStore store;
    private readonly ReadModelChanges changes;
    private readonly ServiceProvider services;
    private int asked;

    public ReadModelCacheTests()
    {
        store = new(nowhere, model, new() { Notify = false });
        changes = new(store.Feed);
        var collection = new ServiceCollection();
        collection.AddHybridCache();
        collection.AddMetrics();
        services = collection.BuildServiceProvider();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_is_kept_for_its_tenant_and_key_until_the_projection_changes_rows_of_the_tenant()
    {
        var cache = await Cache();
        Assert.Equal((1, 1, 2, 3), (await Get(cache), await Get(cache), await Get(cache, tenant: "globex"), await Get(cache, key: "other")));

        changes.Changed("notes.others", [Event("acme")]);
        changes.Changed(Projection, [Event("globex")]);
        Assert.Equal((1, 4), (await Get(cache), await Get(cache, tenant: "globex")));
        changes.Changed(Projection, [Event("acme")]);
        Assert.Equal((5, 4), (await Get(cache), await Get(cache, tenant: "globex")));
    }

    [Fact]
    public async Task A_rebuild_makes_it_forget_the_answers_of_all_tenants()
    {
        var cache = await Cache();
        Assert.Equal((1, 2), (await Get(cache), await Get(cache, tenant: "globex")));
        changes.Replaced(Projection);

        Assert.Equal((3, 4), (await Get(cache), await Get(cache, tenant: "globex")));
    }

    [Fact]
    public async Task An_answer_whose_query_began_before_the_change_is_not_kept()
    {
        var cache = await Cache();
        var (begun, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = Get(cache, whileAsked: () =>
        {
            begun.SetResult();
            return end.Task;
        });
        await begun.Task.WaitAsync(Ct);
        changes.Changed(Projection, [Event("acme")]);

        // Who asks now does not even join that query.
        Assert.Equal(2, await Get(cache));
        end.SetResult();
        Assert.Equal(1, await slow);
        Assert.Equal(2, await Get(cache));
    }

    [Fact]
    public async Task It_is_never_older_than_stated_although_nobody_tells_of_changes()
    {
        var cache = await Cache(new() { CachedFor = TimeSpan.FromMilliseconds(50) });
        var first = await Get(cache);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await Get(cache) == first)
        {
            Assert.False(patience.IsCancellationRequested);
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Zero_switches_it_off()
    {
        var cache = await Cache(new() { CachedFor = TimeSpan.Zero });

        Assert.Equal((1, 2), (await Get(cache), await Get(cache)));
    }

    [Fact]
    public async Task Hits_and_misses_are_counted_by_projection()
    {
        var results = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ReadModelCache.MeterName && ReferenceEquals(instrument.Meter.Scope, services.GetRequiredService<IMeterFactory>()))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => results.Add($"{count} {tags[0].Value} {tags[1].Value}"));
        listener.Start();
        var cache = await Cache();
        await Get(cache);
        await Get(cache);

        Assert.Equal(["1 notes.note_texts miss", "1 notes.note_texts hit"], results);
    }

    [Fact]
    public async Task Reads_of_what_is_not_registered_or_inline_or_not_declared_are_refused()
    {
        await Assert.ThrowsAsync<InvalidModelException>(() => Cache(declared: typeof(NoteTitles)));
        await Assert.ThrowsAsync<InvalidModelException>(() => Cache(declared: typeof(string)));
        var cache = await Cache();

        using var operation = new OperationContext("acme", EventMetadata.Empty).Begin();
        await Assert.ThrowsAsync<InvalidModelException>(async () => await cache.Get<NoteTitles, string>("key", (_, _) => Task.FromResult(""), Ct));
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        await documents.DisposeAsync();
        await nowhere.DisposeAsync();
        await services.DisposeAsync();
    }

    private static EventEnvelope Event(string tenant) => new()
    {
        EventId = Guid.NewGuid(),
        EventType = "note.changed",
        EventVersion = 1,
        TenantId = tenant,
        AggregateId = Guid.NewGuid(),
        AggregateType = "note",
        Version = 1,
        Position = 1,
        RecordedAt = default,
        Event = new NoteChanged(""),
        Metadata = EventMetadata.Empty,
    };

    private async Task<ReadModelCache> Cache(ReadModelOptions? options = null, Type? declared = null)
    {
        var cache = new ReadModelCache(
            services.GetRequiredService<HybridCache>(),
            documents,
            new(model, [new NoteTexts(), new NoteTitles()]),
            changes,
            options ?? new() { CachedFor = TimeSpan.FromMinutes(10) },
            [new(declared ?? typeof(NoteTexts))],
            services.GetRequiredService<IMeterFactory>());
        await cache.StartAsync(Ct);
        return cache;
    }

    // How often the query had been asked when this answer was made.
    private async Task<int> Get(ReadModelCache cache, string tenant = "acme", string key = "key", Func<Task>? whileAsked = null)
    {
        using var operation = new OperationContext(tenant, EventMetadata.Empty).Begin();
        return await cache.Get<NoteTexts, int>(
            key,
            async (_, _) =>
            {
                var answer = Interlocked.Increment(ref asked);
                await (whileAsked?.Invoke() ?? Task.CompletedTask);
                return answer;
            },
            Ct);
    }
}
