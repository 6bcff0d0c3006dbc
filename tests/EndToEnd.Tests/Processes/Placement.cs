using Monolith.EmbeddedPostgres;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>Which host process runs the projections of which shard, as the database says.</summary>
public sealed class Placement : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private readonly EmbeddedPostgresServer server;
    private readonly NpgsqlDataSource dataSource;

    private Placement(EmbeddedPostgresServer server, NpgsqlDataSource dataSource) => (this.server, this.dataSource) = (server, dataSource);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Joins the server of the hosts, so that it outlives all of them.</summary>
    public static async Task<Placement> Of(HostFolder folder)
    {
        var joined = await EmbeddedPostgresServer.Start(new() { DataDirectory = folder.Path }, ct: Ct);
        return new(joined, NpgsqlDataSource.Create(await joined.EnsureDatabase("monolith", Ct)));
    }

    /// <summary>How many shards each process has, by its id; 0 for those that nobody has.</summary>
    public async Task<Dictionary<int, int>> Shares()
    {
        var shares = new Dictionary<int, int>();
        foreach (var row in await Rows("select coalesce(split_part(owner, ':', 2), '0') || ' ' || count(distinct shard) from eventstore.projection_checkpoints group by owner"))
        {
            var parts = row.Split(' ');
            shares.Add(int.Parse(parts[0], null), int.Parse(parts[1], null));
        }

        return shares;
    }

    /// <summary>The process that has the shard of a tenant.</summary>
    public async Task<int> OwnerOf(string tenant) => int.Parse(
        (await Rows(
            $"select distinct split_part(owner, ':', 2) from eventstore.projection_checkpoints c join eventstore.tenants t using (shard) where t.tenant_id = '{tenant}'")).Single(),
        null);

    /// <summary>Waits until these hosts, and nobody else, have all shards, none more than its share.</summary>
    public async Task Shared(TimeSpan patience, params HostProcess[] hosts)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(patience);
        Dictionary<int, int> shares;
        while (!IsShared(shares = await Shares(), hosts))
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {patience}: {string.Join(", ", shares.Select(share => $"{share.Key} has {share.Value}"))}");
            await Task.Delay(Look, Ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await dataSource.DisposeAsync();
        await server.DisposeAsync();
    }

    private static bool IsShared(Dictionary<int, int> shares, HostProcess[] hosts) =>
        shares.Keys.Order().SequenceEqual(hosts.Select(host => host.Id).Order())
        && shares.Values.Max() <= ((shares.Values.Sum() + hosts.Length - 1) / hosts.Length);

    private async Task<List<string>> Rows(string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var rows = new List<string>();
        while (await reader.ReadAsync(Ct))
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }
}
