using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using FluentValidation;
using Microsoft.Extensions.Hosting;
using Monolith.EventSourcing;

namespace Monolith.Hosting;

/// <summary>
/// How long commands, queries and messages of the modules take in their handlers, and how many of them fail at what. Called by generated code. Labels are the names of the
/// message and of its module.
/// </summary>
public sealed class OperationMetrics : IHostedLifecycleService
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Monolith.Operations";

    private static readonly string[] Reasons = ["rejected", "invalid", "conflict", "refused", "unavailable", "failed"];

    private readonly ConcurrentDictionary<string, string> operations;
    private readonly Histogram<double> duration;
    private readonly Counter<long> failures;

    /// <summary>The instruments of one host.</summary>
    /// <param name="meters">Makes the meter.</param>
    /// <param name="operations">The modules by the names of their operations, known once the host has started.</param>
    internal OperationMetrics(IMeterFactory meters, ConcurrentDictionary<string, string> operations)
    {
        this.operations = operations;
        var meter = meters.Create(MeterName);
        duration = meter.CreateHistogram(
            "monolith.operation.duration",
            "s",
            "Time that a command, query or message took in its handler, whatever came of it.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });
        failures = meter.CreateCounter<long>(
            "monolith.operation.failures",
            "{operation}",
            "Operations that failed: rejected by a rule, invalid, in conflict, refused by the store, because something was unavailable, or failed for a bug.");
    }

    /// <summary>Runs when a handler begins.</summary>
    public static long Begin() => Stopwatch.GetTimestamp();

    /// <summary>Runs when a handler has ended.</summary>
    /// <param name="operation">The name of the message.</param>
    /// <param name="module">The name of its module.</param>
    /// <param name="started">What <see cref="Begin"/> gave.</param>
    public void End(string operation, string module, long started) =>
        duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new("operation", operation), new("module", module));

    /// <summary>Runs when a handler has thrown; the exception goes on.</summary>
    /// <param name="operation">The name of the message.</param>
    /// <param name="module">The name of its module.</param>
    /// <param name="error">What it threw.</param>
    public void Failed(string operation, string module, Exception error)
    {
        if (Reason(error) is { } reason)
        {
            failures.Add(1, new("operation", operation), new("module", module), new("error.type", reason));
        }
    }

    /// <summary>Shows every counter at zero, so that the first failure is a step that a rate can see.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var (operation, module) in operations)
        {
            foreach (var reason in Reasons)
            {
                failures.Add(0, new("operation", operation), new("module", module), new("error.type", reason));
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string? Reason(Exception error) => error switch
    {
        RejectedException => "rejected",
        ValidationException => "invalid",
        ConcurrencyException or VersionMismatchException => "conflict",
        OperationCanceledException => null,
        EventSourcingException { IsTransient: true } or Npgsql.NpgsqlException { IsTransient: true } => "unavailable",
        EventSourcingException => "refused",
        _ => "failed",
    };
}
