using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// Lets hosts tell each other that something was appended, so that nobody has to wait for the next poll. It saves time and nothing else: a
/// notice that is lost, late or never sent costs latency, because every feed also polls.
/// </summary>
/// <remarks>
/// A NOTIFY in the transaction of an append would take a lock that serializes all commits. So it is a statement of its own, behind the commit and
/// at most one in 25 ms however many appends there were. One connection a host listens; when it is lost, it is opened again, and the
/// feed is looked at once because notices may have been missed meanwhile. Notices of changed read models come by the same connection.
/// </remarks>
internal sealed partial class AppendNotices(NpgsqlDataSource dataSource, Action heard, Action<string?> heardOfViews, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(25);

    // A connection that was lost without a word is noticed by asking.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly string host = Guid.NewGuid().ToString("N");
    private readonly Channel<bool> wanted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Backoff backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), time);

    /// <summary>Asks for a notice to the other hosts.</summary>
    public void Want() => wanted.Writer.TryWrite(true);

    /// <summary>Sends what is asked for until it is cancelled.</summary>
    public async Task Send(CancellationToken ct)
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await wanted.Reader.ReadAsync(ct);
                await using var command = dataSource.CreateCommand(Statements.Text("notify_appended.sql"));
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = host });
                await command.ExecuteNonQueryAsync(ct);
                failures = 0;
                await Task.Delay(ShortestInterval, time, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                LogNotSent(problem.Message);
                await backoff.Pause(++failures, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Listens until it is cancelled.</summary>
    public async Task Listen(CancellationToken ct)
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await using var connection = await dataSource.OpenConnectionAsync(ct);
                connection.Notification += Hear;
                try
                {
                    await Subscribe(connection, ct);
                    heard();
                    heardOfViews(null);
                    for (failures = 0; ;)
                    {
                        if (!await connection.WaitAsync(LongestSilence, ct))
                        {
                            await Subscribe(connection, ct);
                        }
                    }
                }
                finally
                {
                    await connection.RestoreSession(dataSource);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                LogDeaf(problem.Message);
                await backoff.Pause(++failures, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Hear(object sender, NpgsqlNotificationEventArgs notice)
    {
        if (notice.Channel == ViewNotices.Channel)
        {
            heardOfViews(notice.Payload);
        }
        else if (notice.Payload != host)
        {
            heard();
        }
    }

    private static async Task Subscribe(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"listen {ViewNotices.Channel}; listen eventstore_appended", connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(21, LogLevel.Debug, "The other hosts could not be told of appends and find them by polling: {Problem}")]
    private partial void LogNotSent(string problem);

    [LoggerMessage(22, LogLevel.Debug, "Other hosts cannot be heard, so their appends are found by polling: {Problem}")]
    private partial void LogDeaf(string problem);
}
