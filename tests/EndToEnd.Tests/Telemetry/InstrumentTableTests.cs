using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests.Telemetry;

/// <summary>The table of docs/metrics.md against the instruments of the running host.</summary>
[Collection(RunningHostCollection.Name)]
public sealed partial class InstrumentTableTests(RunningHost host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_instrument_of_the_kernel_is_in_the_table_with_its_unit_its_labels_and_its_meaning()
    {
        var seen = new ConcurrentDictionary<Instrument, ConcurrentDictionary<string, bool>>();
        using var listener = Listen(seen);
        var account = await host.NewAccount();
        for (var i = 0; i < 100; i++)
        {
            (await host.Post($"{account}/deposits", new { amount = 1 })).ShouldBe(200);
        }

        (await host.Post($"{account}/withdrawals", new { amount = 1000 })).ShouldBe(409);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        while (!seen.Keys.Any(instrument => instrument.Name == "monolith.messages.dead"))
        {
            await again.WaitForNextTickAsync(deadline.Token);
        }

        listener.RecordObservableInstruments();

        var rows = Rows();
        Assert.Equal(rows.Count, rows.DistinctBy(row => row.Name, StringComparer.Ordinal).Count());
        var (inCode, inTable) = (seen.Keys.Select(Line).ToHashSet(StringComparer.Ordinal), rows.Select(row => $"`{row.Name}` | {row.Kind} | {row.Unit} | {row.Meaning}").ToList());
        Assert.True(inCode.SetEquals(inTable), string.Join('\n', ["Only in the code:", .. inCode.Except(inTable), "Only in the table:", .. inTable.Except(inCode)]));
        Assert.All(seen, pair => Assert.Subset(rows.Single(row => row.Name == pair.Key.Name).Labels, pair.Value.Keys.ToHashSet(StringComparer.Ordinal)));
    }

    private static MeterListener Listen(ConcurrentDictionary<Instrument, ConcurrentDictionary<string, bool>> seen)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name.StartsWith("Monolith.", StringComparison.Ordinal))
                {
                    seen.TryAdd(instrument, []);
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => See(instrument, tags));
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => See(instrument, tags));
        listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => See(instrument, tags));
        listener.Start();
        return listener;

        void See(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
            {
                seen[instrument].TryAdd(tag.Key, true);
            }
        }
    }

    private static string Line(Instrument instrument) => $"`{instrument.Name}` | {Kind(instrument)} | {instrument.Unit} | {instrument.Description}";

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "ObservableCounter" or "Counter" => "counter",
        "ObservableGauge" or "Gauge" => "gauge",
        "Histogram" => "histogram",
        var other => other,
    };

    private static List<Row> Rows() =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "metrics.md"))
            .Select(line => RowPattern().Match(line))
            .Where(match => match.Success)
            .Select(match => new Row(
                match.Groups["name"].Value,
                match.Groups["kind"].Value,
                match.Groups["unit"].Value,
                [.. match.Groups["labels"].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
                match.Groups["meaning"].Value)),
    ];

    [GeneratedRegex(@"^\| `(?<name>monolith\.[^`]+)` \| (?<kind>\w+) \| (?<unit>[^|]+) \| (?<labels>[^|]*) \| (?<meaning>.+) \|$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RowPattern();

    private sealed record Row(string Name, string Kind, string Unit, HashSet<string> Labels, string Meaning);
}
