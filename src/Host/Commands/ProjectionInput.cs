using System.Globalization;
using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>What a command takes that is about one projection.</summary>
public class ProjectionInput : OperatorInput
{
    /// <summary>Its name.</summary>
    [Description("The projection, as projections list names it")]
    public string Projection { get; set; } = "";
}

/// <summary>What commands on projections read and write alike.</summary>
internal static class ProjectionWords
{
    /// <summary>A number that was given as a word.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static long Number(string word, string what) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new UsageException($"'{word}' is not {what}: a whole number.");

    /// <summary>A number as people read it.</summary>
    public static string Of(long number) => number.ToString("n0", CultureInfo.InvariantCulture);

    /// <summary>A time as people read it.</summary>
    public static string Of(TimeSpan time) => TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds)).ToString("c", CultureInfo.InvariantCulture);

    /// <summary>How far a rebuild is, in a line.</summary>
    public static string Of(RebuildProgress rebuild) => rebuild switch
    {
        { IsPaused: true } => $"{Of(rebuild.Events)} of {Of(rebuild.EventsTotal)} events, paused",
        { TimeLeft: { } left } => $"{Of(rebuild.Events)} of {Of(rebuild.EventsTotal)} events, {Of((long)rebuild.Rate)}/s, {Of(left)} left",
        _ => $"{Of(rebuild.Events)} of {Of(rebuild.EventsTotal)} events",
    };
}
