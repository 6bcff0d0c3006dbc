using System.Globalization;
using Monolith.EventSourcing;
using Xunit;
using static Monolith.Testing.Conformance.ConformanceStore;

namespace Monolith.Testing.Conformance;

/// <summary>What is written is what is read, whatever it is.</summary>
public abstract class ContentConformance(PostgresFixture postgres) : ConformanceTests(postgres)
{
    private static readonly string[] Texts =
    [
        "", " ", "plain", "\"quoted\" and 'quoted'", @"back\slash \\ \n \u0041 \u0000 c:\new", "line\nfeed\r\n\ttab\b\f\u001f\u007f", "🧾👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿", "e\u0301 \u00e9 ẛ̣",
        "שלום עולם \u202e gniog thgir ot tfel", "العربية", "𐍈𝄞💩", "\u2028\u2029\ufeff\ufffd\uffff\ufffe", "null", "{\"a\":1}", "<script>&amp;</script>", "𠜎 漢字 한국어", "$1 {0} %s {events}", "'; drop table eventstore.events; --",
    ];

    [Fact, Behaviour(15)]
    public async Task Text_of_every_kind_survives()
    {
        await using var store = await NewStore();
        var stream = NewOrder();
        await store.Append(stream, ExpectedVersion.None, Texts.Select(text => NewEvent.Of(new OrderRemarked(text))), Ct);

        Assert.Equal(Texts, (await store.Read(stream, StreamRange.All, Ct)).Select(e => ((OrderRemarked)e.Event).Text));
        Assert.Equal(Texts, (await store.ReadFeed(new(), Ct)).Select(e => ((OrderRemarked)e.Event).Text));
        for (var version = 1; version <= Texts.Length; version++)
        {
            Assert.Equal(Texts[version - 1], (await store.Store.Load<OrderState>(stream, AsOf.Version(version), Ct)).State.LastText);
        }
    }

    [Fact, Behaviour(15)]
    public async Task Member_names_of_every_kind_survive_in_events_and_in_metadata()
    {
        await using var store = await NewStore();
        var stream = NewOrder();
        var labels = Texts.Append("$type").Append("$id").ToDictionary(text => text, text => "of " + text, StringComparer.Ordinal);
        var metadata = new EventMetadata { Headers = labels, UserId = Texts[6] };
        await store.Store.Append(new(stream, ExpectedVersion.None, [NewEvent.Of(Placed(labels))]) { Metadata = metadata }, Ct);

        var read = Assert.Single(await store.Read(stream, StreamRange.All, Ct));
        Assert.Equal(labels, ((OrderPlaced)read.Event).Labels);
        Assert.Equal(labels, read.Metadata.Headers);
        Assert.Equal(Texts[6], read.Metadata.UserId);
    }

    [Fact, Behaviour(15)]
    public async Task NUL_is_refused_clearly_wherever_it_stands()
    {
        await using var store = await NewStore();
        var stream = NewOrder();
        NewEvent[] fine = [NewEvent.Of(new OrderRemarked("fine"))];
        AppendRequest[] bad =
        [
            new(stream, ExpectedVersion.Any, [NewEvent.Of(new OrderRemarked("\0"))]),
            new(stream, ExpectedVersion.Any, [NewEvent.Of(new OrderRemarked("\\\0"))]),
            new(stream, ExpectedVersion.Any, [NewEvent.Of(new OrderRemarked("\\u0000 is fine and \0 is not"))]),
            new(stream, ExpectedVersion.Any, [NewEvent.Of(Placed(new Dictionary<string, string> { ["a\0b"] = "name" }))]),
            new(stream, ExpectedVersion.Any, fine) { Metadata = new() { UserId = "ann\0" } },
            new(stream, ExpectedVersion.Any, fine) { Metadata = new() { Headers = new Dictionary<string, string> { ["\0"] = "" } } },
        ];

        foreach (var request in bad)
        {
            var refused = await Assert.ThrowsAsync<UnstorableEventException>(() => store.Store.Append(request, Ct));
            Assert.Equal((UnstorableEventException.InvalidText, false), (refused.Code, refused.IsTransient));
        }

        Assert.Equal(0, await store.CountStored(Ct));
    }

    [Fact, Behaviour(16)]
    public async Task Numbers_and_times_keep_their_value()
    {
        await using var store = await NewStore();
        var stream = NewOrder();
        OrderMeasured[] measured =
        [
            new(0m, 0, 0, 0, default, default, default, null),
            new(1.10m, 1, 1, 0.1, new(2026, 3, 1, 12, 30, 15, 123, 456, TimeSpan.FromHours(2)), TimeSpan.FromTicks(1), Guid.CreateVersion7(), 1.0m),
            new(decimal.MaxValue, long.MaxValue, ulong.MaxValue, double.MaxValue, DateTimeOffset.MaxValue, TimeSpan.MaxValue, Guid.AllBitsSet, decimal.MinValue),
            new(decimal.MinValue, long.MinValue, 9_007_199_254_740_993, double.MinValue, DateTimeOffset.MinValue, TimeSpan.MinValue, Guid.Empty, 0.00m),
            new(0.0000000000000000000000000001m, -9_007_199_254_740_993, 1UL << 63, double.Epsilon, DateTimeOffset.UnixEpoch, -TimeSpan.FromDays(3), Guid.NewGuid(), -0.5m),
            new(79228162514264.337593543950335m, 1, 1, 1e-300, new(1, 1, 2, 0, 0, 0, TimeSpan.FromHours(14)), TimeSpan.FromMilliseconds(1), Guid.NewGuid(), 1e-28m),
        ];
        await store.Append(stream, ExpectedVersion.None, measured.Select(NewEvent.Of), Ct);

        var read = (await store.Read(stream, StreamRange.All, Ct)).ConvertAll(e => (OrderMeasured)e.Event);
        Assert.Equal(measured, read);
        Assert.Equal(measured.Select(Scales), read.Select(Scales));
        Assert.Equal(measured.Select(e => e.At.Offset), read.Select(e => e.At.Offset));

        static string Scales(OrderMeasured e) => string.Create(CultureInfo.InvariantCulture, $"{e.Exact} {e.Nothing}");
    }

    [Fact, Behaviour(16)]
    public async Task The_time_of_recording_keeps_its_microseconds()
    {
        var clock = new SetClock();
        await using var store = await NewStore(new() { Time = clock });
        var stream = NewTally();
        await store.Append(stream, ExpectedVersion.None, Counts(1, 1), Ct);

        var recorded = Assert.Single(await store.Read(stream, StreamRange.All, Ct)).RecordedAt;

        Assert.Equal(clock.Now, recorded);
        Assert.Equal(TimeSpan.Zero, recorded.Offset);
        Assert.NotEqual(0, recorded.Microsecond);
    }

    [Theory, Behaviour(44)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nested_and_polymorphic_events_with_enums_and_lists_survive(bool card)
    {
        await using var store = await NewStore();
        var stream = NewOrder();
        var placed = Placed(new Dictionary<string, string>()) with { Payment = card ? new Payment.Card("4111", 7) : new Payment.Transfer("DE02") };
        await store.Append(stream, ExpectedVersion.None, [NewEvent.Of(placed)], Ct);

        var read = (OrderPlaced)Assert.Single(await store.Read(stream, StreamRange.All, Ct)).Event;

        Assert.Equal(placed with { Lines = read.Lines, Labels = read.Labels }, read);
        Assert.Equal(placed.Lines, read.Lines);
        Assert.Equal(
            """{"urgency": "next_day"}""",
            await store.Scalar<string>("select jsonb_build_object('urgency', data->'urgency')::text from eventstore.events", Ct));
    }

    private static OrderPlaced Placed(IReadOnlyDictionary<string, string> labels) => new(
        new("Ann", new("1 Long Street", "Zürich", new("2 Bill Street", "Genève", null))),
        [new("sku-1", 1, 9.90m), new("sku-2", int.MaxValue, 0.01m)],
        new Payment.Transfer("DE02"),
        Urgency.NextDay,
        new(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(-3)),
        labels);
}
