using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Asks the database from time to time what no single append, load or projection knows: how large the store is, who runs what, how the server does. One host does
/// it for all, the first of those alive; when that is gone, the next one does after some seconds.
/// </summary>
/// <remarks>
/// The instruments exist only on the host that samples, and only as long as the database answers: a meter that is disposed takes its series with it, so that nobody
/// reads what was true an hour ago, or reads it twice.
/// </remarks>
public sealed partial class DatabaseSampler : IHostedService, IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Monolith.Database";

    // How soon this host takes over when it has become the first.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource dataSource;
    private readonly PostgresEventStore store;
    private readonly ProjectionRunner runner;
    private readonly IReadOnlyList<IDatabaseSample> samples;
    private readonly SamplingOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<DatabaseSampler> logger;
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;
    private Meter? meter;

    /// <summary>A sampler that is not started yet.</summary>
    /// <param name="dataSource">The database.</param>
    /// <param name="store">The store, whose counters are shown at zero from the start.</param>
    /// <param name="runner">Knows whether this host is the first.</param>
    /// <param name="samples">What is read.</param>
    /// <param name="options">How often.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it logs.</param>
    public DatabaseSampler(
        NpgsqlDataSource dataSource,
        PostgresEventStore store,
        ProjectionRunner runner,
        IEnumerable<IDatabaseSample> samples,
        SamplingOptions options,
        TimeProvider time,
        ILogger<DatabaseSampler> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.dataSource, this.store, this.runner, this.samples, this.options, this.time, this.logger) = (dataSource, store, runner, [.. samples], options, time, logger);
    }

    /// <summary>Starts the background work and returns.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        store.DeclareMetrics();
        running = Task.Run(() => Run(stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Ends it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Forget();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        stopping.Dispose();
    }

    private async Task Run(CancellationToken ct)
    {
        var look = options.Every < BetweenLooks ? options.Every : BetweenLooks;
        using var timer = new PeriodicTimer(look, time);
        long? sampled = null;
        do
        {
            try
            {
                if (!runner.IsFirst)
                {
                    sampled = null;
                    Forget();
                }
                else if (sampled is not { } before || time.GetElapsedTime(before) >= options.Every)
                {
                    sampled = time.GetTimestamp();
                    await Sample(ct);
                }
            }
            catch (Exception problem) when (!ct.IsCancellationRequested)
            {
                LogUnsampled(problem.Message);
                Forget();
            }
        }
        while (await Next(timer, ct));
    }

    private async Task Sample(CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        foreach (var sample in samples)
        {
            await sample.Take(connection, ct);
        }

        if (meter is null)
        {
            var fresh = new Meter(MeterName);
            foreach (var sample in samples)
            {
                sample.Describe(fresh);
            }

            meter = fresh;
            LogFirst();
        }
    }

    private void Forget() => Interlocked.Exchange(ref meter, null)?.Dispose();

    private static async Task<bool> Next(PeriodicTimer timer, CancellationToken ct)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(60, LogLevel.Information, "This host samples the database for the metrics of all hosts.")]
    private partial void LogFirst();

    [LoggerMessage(61, LogLevel.Warning, "The database could not be sampled for metrics and will be asked again: {Problem}")]
    private partial void LogUnsampled(string problem);
}
