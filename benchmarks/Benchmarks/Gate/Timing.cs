using System.Globalization;

namespace Monolith.Benchmarks.Gate;

/// <summary>How long one competitor takes for a piece of work, as the median of its rounds.</summary>
internal sealed record Timing(string Scene, string Who, double Seconds)
{
    public string Text => Seconds < 1e-3
        ? string.Create(CultureInfo.InvariantCulture, $"{Seconds * 1e6:N2} µs")
        : string.Create(CultureInfo.InvariantCulture, $"{Seconds * 1e3:N2} ms");

    public string PerSecond => (1 / Seconds).ToString("N0", CultureInfo.InvariantCulture);
}
