using Monolith.EventSourcing;

namespace Monolith.EventStore.Tests.Snapshots;

public sealed class TailSizesTests
{
    private readonly TailSizes tails = new(capacity: 4);
    private readonly StreamId stream = New();

    [Fact]
    public void What_is_appended_adds_up_in_whatever_order_the_answers_come()
    {
        Assert.Equal(10, tails.Appended(stream, 2, 10));
        Assert.Equal(15, tails.Appended(stream, 4, 5));
        Assert.Equal(22, tails.Appended(stream, 3, 7));
    }

    [Fact]
    public void A_tail_that_was_read_as_a_whole_is_as_large_as_it_was_and_an_append_in_it_does_not_count_again()
    {
        tails.Appended(stream, 5, 10);

        Assert.Equal(300, tails.ReadWhole(stream, 7, 300));
        Assert.Equal(300, tails.Appended(stream, 6, 50));
        Assert.Equal(350, tails.Appended(stream, 8, 50));
    }

    [Fact]
    public void A_read_that_is_older_than_what_is_known_says_nothing()
    {
        tails.Appended(stream, 5, 100);

        Assert.Equal(100, tails.ReadWhole(stream, 4, 10));
        Assert.Equal(100, tails.Read(stream, 5, 20));
    }

    [Fact]
    public void What_others_have_appended_counts_when_it_is_read()
    {
        tails.ReadWhole(stream, 3, 30);

        Assert.Equal(70, tails.Read(stream, 6, 40));
        Assert.Equal(70, tails.Read(stream, 6, 40));
        Assert.Equal(70, tails.Appended(stream, 6, 15));
    }

    [Fact]
    public void What_comes_while_a_snapshot_is_written_is_the_next_ones()
    {
        tails.Appended(stream, 5, 100);
        var known = tails.Look(stream);
        tails.Appended(stream, 6, 8);
        tails.Written(stream, known, left: 20);

        Assert.Equal((5, 100), (known.Version, known.Bytes));
        Assert.Equal(29, tails.Appended(stream, 7, 1));
    }

    [Fact]
    public void A_tail_that_was_read_while_a_snapshot_is_written_stays_as_it_was_read()
    {
        tails.Appended(stream, 5, 100);
        var known = tails.Look(stream);
        tails.ReadWhole(stream, 6, 60);
        tails.Written(stream, known, left: 0);

        Assert.Equal(60, tails.Look(stream).Bytes);
    }

    [Fact]
    public void Streams_that_were_not_used_for_long_are_forgotten_and_those_in_use_are_not()
    {
        tails.Appended(stream, 1, 10);
        var idle = New();
        tails.Appended(idle, 1, 10);
        for (var other = 0; other < 20; other++)
        {
            tails.Appended(New(), 1, 1);
            Assert.Equal(10, tails.Look(stream).Bytes);
        }

        Assert.Equal(0, tails.Look(idle).Bytes);
    }

    private static StreamId New() => new("acme", "ledger", Guid.NewGuid());
}
