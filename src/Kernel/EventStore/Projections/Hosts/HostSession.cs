using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore.Projections;

/// <summary>
/// The connection by which a host shows the others that it is alive, and learns who else is and how the work is spread: one round trip a
/// heartbeat. Not safe for concurrent use.
/// </summary>
internal sealed class HostSession(NpgsqlDataSource dataSource, ProjectionCatalog catalog, ProjectionOptions options, TimeProvider time) : IAsyncDisposable
{
    private NpgsqlConnection? connection;
    private int? key;

    /// <summary>The name of this host: unique for every start of a process.</summary>
    public string Host { get; } = $"{Environment.MachineName}:{Environment.ProcessId}:{Random.Shared.Next():x8}";

    /// <summary>Says that this host is alive, adds checkpoints for what is new, and reads how things stand.</summary>
    /// <param name="now">Where a subscription begins that is new and starts with what comes now.</param>
    /// <param name="ct">Stops the call.</param>
    public async Task<HostView> Beat(long now, CancellationToken ct)
    {
        try
        {
            return await Beat(await Open(ct), now, ct);
        }
        catch
        {
            await Close();
            throw;
        }
    }

    /// <summary>Gives back everything that this host owns and takes it off the list.</summary>
    public async Task Leave(CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(Statements.Text("host_leave.sql"));
        command.Parameters.Add(Parameters.Of(Host));
        command.Parameters.Add(Parameters.Of(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(ct);
    }

    public ValueTask DisposeAsync() => Close();

    private async Task<HostView> Beat(NpgsqlConnection session, long now, CancellationToken ct)
    {
        var names = catalog.All.Select(projection => projection.Name).ToArray();
        await using var batch = new NpgsqlBatch(session)
        {
            BatchCommands =
            {
                new(Statements.Text("host_beat.sql"))
                {
                    Parameters =
                    {
                        Parameters.Of(Host),
                        new() { Value = key is { } held ? held : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
                        Parameters.Of(catalog.All.Select(HostView.Ability).ToArray()),
                        Parameters.Of(options.Lease),
                    },
                },
                new(Statements.Text("checkpoints_ensure.sql"))
                {
                    Parameters =
                    {
                        Parameters.Of(names),
                        Parameters.Of(catalog.All.Select(projection => projection.Version).ToArray()),
                        Parameters.Of(catalog.All.Select(projection => projection.SideEffectsFrom is { } start ? start.After ?? now : 0).ToArray()),
                        Parameters.Of(time.GetUtcNow()),
                    },
                },
                new(Statements.Text("hosts_alive.sql")),
                new(Statements.Text("checkpoints_list.sql")) { Parameters = { Parameters.Of(names) } },
                new(Statements.Text("parked_retries.sql")),
                new(Statements.Text("parked_count.sql")) { Parameters = { Parameters.Of(names) } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        var hosts = new Dictionary<string, string[]>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            hosts.Add(reader.GetString(0), reader.GetFieldValue<string[]>(1));
        }

        await reader.NextResultAsync(ct);
        var checkpoints = new List<Checkpoint>();
        while (await reader.ReadAsync(ct))
        {
            checkpoints.Add(Checkpoint.Read(reader));
        }

        await reader.NextResultAsync(ct);
        var retries = new List<(ProjectionShard, StreamId)>();
        while (await reader.ReadAsync(ct))
        {
            retries.Add((new(reader.GetString(0), reader.GetString(1), reader.GetString(2)), new(reader.GetString(3), reader.GetString(4), reader.GetGuid(5))));
        }

        await reader.NextResultAsync(ct);
        var parked = names.ToDictionary(name => name, _ => 0L, StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            parked[reader.GetString(0)] = reader.GetInt64(1);
        }

        return new(hosts, checkpoints, retries, parked);
    }

    // A new session takes a new key: the lock of a lost one may live on until the server notices.
    private async Task<NpgsqlConnection> Open(CancellationToken ct)
    {
        if (connection is not null)
        {
            return connection;
        }

        connection = await dataSource.OpenConnectionAsync(ct);
        if (options.SessionShowsLife)
        {
            key = Random.Shared.Next(1, int.MaxValue);
            await using var command = new NpgsqlCommand(Statements.Text("host_lock.sql"), connection);
            command.Parameters.Add(Parameters.Of(key.Value));
            await command.ExecuteNonQueryAsync(ct);
        }

        return connection;
    }

    private async ValueTask Close()
    {
        if (connection is { } session)
        {
            connection = null;
            await session.RestoreSession(dataSource);
            await session.DisposeAsync();
        }
    }
}

/// <summary>How the work is spread, as one host sees it.</summary>
/// <param name="Hosts">The hosts that are alive, and what each can run.</param>
/// <param name="Checkpoints">The checkpoints of this host's projections, whoever owns them.</param>
/// <param name="Retries">The aggregates whose parked events an operator asked to try again.</param>
/// <param name="Parked">How many events each projection has parked.</param>
internal sealed record HostView(
    IReadOnlyDictionary<string, string[]> Hosts,
    IReadOnlyList<Checkpoint> Checkpoints,
    IReadOnlyList<(ProjectionShard Key, StreamId Stream)> Retries,
    IReadOnlyDictionary<string, long> Parked)
{
    /// <summary>
    /// Whether the rows that queries see were made by an older version of the projection, or are not (yet) written by whoever should write them, and no rebuild is under
    /// way to this version.
    /// </summary>
    public bool IsOutdated(Projection projection) =>
        projection is not Subscription
        && Checkpoints.Any(row => row.Key.Projection == projection.Name)
        && !Checkpoints.Any(row => row.Key.Projection == projection.Name && (row.Version > projection.Version || row.IsOf(projection)));

    /// <summary>
    /// A checkpoint of a rebuild that has caught up, so that it may be promoted, when this host is the one to try; else null. The views of an inline projection have
    /// to wait for every host: the appends of one that does not apply it would be missing in them.
    /// </summary>
    public Checkpoint? ToPromote(string host, Projection projection)
    {
        var shadow = Checkpoints.Where(row => row.Key.Projection == projection.Name && row.Key.IsShadow).ToList();
        return shadow.Count > 0
            && shadow[0].Owner == host
            && shadow.TrueForAll(row => row.Version == projection.Version && row.RebuildingTo is null && !row.IsPaused)
            && (!projection.IsInline || Hosts.Values.All(abilities => abilities.Contains(Ability(projection), StringComparer.Ordinal)))
            ? shadow[0]
            : null;
    }

    /// <summary>How a host says that it can run a projection.</summary>
    public static string Ability(Projection projection) => $"{projection.Name}/{projection.Version}{(projection.IsInline ? "/inline" : "")}";

    /// <summary>The checkpoints that a host is to own: those of the live rows and of a rebuild, unless they are paused or of another version. Appends write the live rows of inline projections.</summary>
    public IEnumerable<Checkpoint> Of(string host, Projection projection)
    {
        var able = Hosts.Where(other => other.Value.Contains(Ability(projection), StringComparer.Ordinal)).Select(other => other.Key).ToList();
        var rows = Checkpoints.Where(row => row.Key.Projection == projection.Name).ToList();
        var shards = Assignment.Of(host, able, [.. rows.Select(row => row.Key.Shard).Distinct(StringComparer.Ordinal)]);
        return rows.Where(row => shards.Contains(row.Key.Shard) && row.IsOf(projection) && !row.IsPaused && (row.Key.IsShadow || !row.IsInline));
    }
}
