namespace Monolith.EventStore.Projections;

/// <summary>
/// Which shards a host is to run. Every host computes the same from the same list, so nobody has to lead; while two hosts see different lists,
/// the checkpoints' owners and fences keep them apart.
/// </summary>
/// <remarks>
/// For each shard the hosts are ranked by a hash of both names, and the shard goes to the first of them that has room: no host gets
/// more than its share, rounded up, and when a host comes or goes mostly its own shards move. All projections that the same hosts can run
/// get the same answer, so a host reads few shards for many projections.
/// </remarks>
internal static class Assignment
{
    /// <summary>The shards of one projection that go to a host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="hosts">The hosts that are alive and can run the projection, in any order.</param>
    /// <param name="shards">All shards, in any order.</param>
    public static IReadOnlySet<string> Of(string host, IReadOnlyCollection<string> hosts, IReadOnlyCollection<string> shards)
    {
        var mine = new HashSet<string>(StringComparer.Ordinal);
        if (hosts.Count == 0)
        {
            return mine;
        }

        var share = (shards.Count + hosts.Count - 1) / hosts.Count;
        var load = hosts.ToDictionary(candidate => candidate, _ => 0, StringComparer.Ordinal);
        foreach (var shard in shards.Order(StringComparer.Ordinal))
        {
            var owner = hosts
                .Where(candidate => load[candidate] < share)
                .OrderByDescending(candidate => Rank(candidate, shard))
                .ThenBy(candidate => candidate, StringComparer.Ordinal)
                .First();
            load[owner]++;
            if (owner == host)
            {
                mine.Add(shard);
            }
        }

        return mine;
    }

    // FNV-1a, then the finalizer of MurmurHash3: string.GetHashCode differs from process to process.
    private static ulong Rank(string host, string shard)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in host)
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        hash = (hash ^ '/') * 1099511628211UL;
        foreach (var character in shard)
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return hash ^ (hash >> 33);
    }
}
