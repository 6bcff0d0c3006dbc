using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Monolith.EventStore.Projections;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Rows of a read model that have changed.</summary>
/// <param name="Projection">The projection that writes it; null when it may be any.</param>
/// <param name="TenantId">The tenant; null when it may be any.</param>
internal readonly record struct ViewChange(string? Projection, string? TenantId);

/// <summary>
/// Tells the other hosts which read models have changed: by a statement of its own behind the commits, at most one in 25 ms, as <see cref="AppendNotices"/> tells of appends.
/// </summary>
/// <remarks>
/// A notice is a text of lines: the host that tells, then "projection/tenant" for each change. PostgreSQL takes at most 8,000 bytes. What is too much for that is told with less detail,
/// as "projection/", which means all tenants, or "/", which means everything.
/// </remarks>
internal sealed partial class ViewNotices(NpgsqlDataSource dataSource, TimeProvider time, ILogger logger)
{
    public const string Channel = "eventstore_views";

    private const int LongestNotice = 7000;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(25);

    private readonly string host = Guid.NewGuid().ToString("N");
    private readonly HashSet<ViewChange> waiting = [];
    private readonly Channel<bool> wanted = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Backoff backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), time);

    /// <summary>Asks for changes to be told.</summary>
    public void Want(IEnumerable<ViewChange> changes)
    {
        lock (waiting)
        {
            waiting.UnionWith(changes);
        }

        wanted.Writer.TryWrite(true);
    }

    /// <summary>Sends what is asked for until it is cancelled.</summary>
    public async Task Send(CancellationToken ct)
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await wanted.Reader.ReadAsync(ct);
                await using var command = dataSource.CreateCommand(Statements.Text("notify_views.sql"));
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Write(Take()) });
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

    /// <summary>What another host tells by a notice; nothing when it is this one.</summary>
    public IEnumerable<ViewChange> Read(string notice)
    {
        var lines = notice.Split('\n');
        return lines[0] == host ? [] : lines.Skip(1).Select(Parse);
    }

    /// <summary>The notice that tells of changes.</summary>
    public string Write(IReadOnlyCollection<ViewChange> changes) => Write(host, changes);

    internal static string Write(string host, IReadOnlyCollection<ViewChange> changes)
    {
        foreach (var detail in (Func<ViewChange, string>[])[change => $"{change.Projection}/{change.TenantId}", change => $"{change.Projection}/"])
        {
            var text = $"{host}\n{string.Join('\n', changes.Select(detail).Distinct(StringComparer.Ordinal))}";
            if (text.Length <= LongestNotice)
            {
                return text;
            }
        }

        return $"{host}\n/";
    }

    // Names of projections and tenants are plain ASCII without a slash.
    private static ViewChange Parse(string line)
    {
        var parts = line.Split('/');
        return new(parts[0].Length == 0 ? null : parts[0], parts.Length < 2 || parts[1].Length == 0 ? null : parts[1]);
    }

    private ViewChange[] Take()
    {
        lock (waiting)
        {
            ViewChange[] taken = [.. waiting];
            waiting.Clear();
            return taken;
        }
    }

    [LoggerMessage(23, LogLevel.Debug, "The other hosts could not be told of changed read models: {Problem}")]
    private partial void LogNotSent(string problem);
}
