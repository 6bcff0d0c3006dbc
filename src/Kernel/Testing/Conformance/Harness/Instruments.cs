using System.Diagnostics.Metrics;
using System.Globalization;
using Monolith.EventStore;

namespace Monolith.Testing.Conformance;

/// <summary>What a scrape of a store's metrics would show now.</summary>
public static class Instruments
{
    /// <summary>The values of an observable instrument, by the value of its label; an empty text where it has none.</summary>
    public static IReadOnlyDictionary<string, double> Observe(StoreMetrics metrics, string instrument)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (published, listener) =>
            {
                if (published.Meter == metrics.Meter && published.Name == instrument)
                {
                    listener.EnableMeasurementEvents(published);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => values[Label(tags)] = value);
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => values[Label(tags)] = value);
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => values[Label(tags)] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }

    private static string Label(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        tags.Length == 0 ? "" : Convert.ToString(tags[0].Value, CultureInfo.InvariantCulture) ?? "";
}
