namespace Monolith.EventStore.Tests.Cache;

public sealed class StateCacheTests
{
    private readonly List<long> evicted = [];

    [Fact]
    public void The_least_recently_used_state_makes_room_when_there_are_too_many()
    {
        var cache = NewCache(maxStates: 2);
        var (one, two, three) = (State(), State(), State());
        cache.Keep(one);
        cache.Keep(two);
        Assert.Same(one, cache.Find(one.Stream));
        cache.Keep(three);

        Assert.Null(cache.Find(two.Stream));
        Assert.Same(one, cache.Find(one.Stream));
        Assert.Same(three, cache.Find(three.Stream));
        Assert.Equal((2, one.Bytes + three.Bytes), (cache.Count, cache.Bytes));
        Assert.Equal([two.Version], evicted);
    }

    [Fact]
    public void As_many_states_as_need_be_make_room_for_a_large_one()
    {
        var cache = NewCache(maxBytes: 10_000);
        var small = Enumerable.Range(0, 5).Select(_ => State(bytes: 1000)).ToList();
        small.ForEach(cache.Keep);
        var large = State(bytes: 6000);
        cache.Keep(large);

        Assert.Equal([false, false, false, true, true], small.Select(state => cache.Find(state.Stream) is not null));
        Assert.Same(large, cache.Find(large.Stream));
        Assert.Equal(large.Bytes + (2 * small[0].Bytes), cache.Bytes);
    }

    [Fact]
    public void A_state_that_is_too_large_by_itself_is_not_kept_and_drives_nobody_out()
    {
        var cache = NewCache(maxBytes: 10_000);
        var small = State();
        cache.Keep(small);
        var grown = State(bytes: 20_000);
        cache.Keep(grown);

        Assert.Null(cache.Find(grown.Stream));
        Assert.NotNull(cache.Find(small.Stream));

        cache.Keep(small with { Version = small.Version + 1, Measured = 20_000 });

        Assert.Null(cache.Find(small.Stream));
        Assert.Equal((0, 0), (cache.Count, cache.Bytes));
        Assert.Empty(evicted);
    }

    [Fact]
    public void A_later_state_takes_the_place_of_an_earlier_one_and_never_the_other_way_round()
    {
        var cache = NewCache();
        var early = State();
        var late = early with { Version = early.Version + 5, Measured = 700 };
        cache.Keep(early);
        cache.Keep(late);
        cache.Keep(early);

        Assert.Same(late, cache.Find(early.Stream));
        Assert.Equal((1, late.Bytes), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void A_state_is_forgotten_unless_another_has_taken_its_place()
    {
        var cache = NewCache();
        var early = State();
        var late = early with { Version = early.Version + 5 };
        cache.Keep(early);
        cache.Keep(late);

        cache.Forget(early);
        Assert.Same(late, cache.Find(early.Stream));
        cache.Forget(late);
        Assert.Null(cache.Find(early.Stream));
        Assert.Equal((0, 0), (cache.Count, cache.Bytes));
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1000, 0)]
    public void A_limit_of_nothing_switches_it_off(int maxStates, long maxBytes) => Assert.False(new StateCache(maxStates, maxBytes).IsOn);

    [Fact]
    public async Task Its_books_are_right_however_many_use_it_at_once()
    {
        var cache = new StateCache(maxStates: 20, maxBytes: 30_000);
        var streams = Enumerable.Range(0, 50).Select(_ => State().Stream).ToList();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                var stream = streams[random.Next(streams.Count)];
                if (cache.Find(stream) is not { } known)
                {
                    cache.Keep(new(stream, new(), random.Next(1, 10), Guid.Empty, random.Next(4000), 0));
                }
                else if (random.Next(3) == 0)
                {
                    cache.Forget(known);
                }
                else
                {
                    cache.Keep(known with { Version = known.Version + 1, FoldedSince = random.Next(500) });
                }
            }
        })));

        var left = streams.ConvertAll(cache.Find).OfType<CachedState>().ToList();
        Assert.Equal((left.Count, left.Sum(state => state.Bytes)), (cache.Count, cache.Bytes));
        Assert.InRange(cache.Count, 1, 20);
        Assert.InRange(cache.Bytes, 1, 30_000);
    }

    private StateCache NewCache(int maxStates = 1000, long maxBytes = 1_000_000) => new(maxStates, maxBytes, state => evicted.Add(state.Version));

    private static CachedState State(int bytes = 100) =>
        new(new("acme", "tally", Guid.CreateVersion7()), new(), Random.Shared.Next(1, 1_000_000), Guid.CreateVersion7(), bytes, 0);
}
