using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <content>Many appends in one round trip and one commit.</content>
internal sealed partial class AppendCommands
{
    /// <summary>
    /// Sends appends to different streams. All of them are committed, or none when a statement fails; each has its own outcome, or none: that one
    /// was not written, and <see cref="Whole"/> says why, or writes it after all.
    /// </summary>
    public async Task<AppendOutcome?[]> Many(IReadOnlyList<(EncodedAppend Append, Leaf Leaf)> appends)
    {
        var outcomes = new AppendOutcome?[appends.Count];
        var leaves = Enumerable.Range(0, appends.Count)
            .GroupBy(index => appends[index].Leaf)
            .Select(group => (Leaf: group.Key, Indexes: group.ToArray(), IsEach: group.All(index => appends[index].Append.Count == 1)))
            .ToList();
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (leaf, indexes, isEach) in leaves)
        {
            var ofLeaf = Array.ConvertAll(indexes, index => appends[index].Append);
            batch.BatchCommands.Add(isEach ? EachOfLeaf(leaf, ofLeaf) : ManyOfLeaf(leaf, ofLeaf));
        }

        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var (leaf, indexes, isEach) in leaves)
        {
            if (isEach)
            {
                await ReadEach(reader, leaf, indexes, appends, outcomes);
            }
            else
            {
                foreach (var index in indexes)
                {
                    await reader.ReadAsync();
                    outcomes[index] = AppendOutcome.From(reader, leaf);
                }
            }

            await reader.NextResultAsync();
        }

        return outcomes;
    }

    /// <summary>Sends appends of one tenant to different streams, in one round trip: all of them are committed, or the batch fails.</summary>
    public async Task<AppendResult[]> All(EncodedAppend[] appends, string shard, CancellationToken ct)
    {
        var byType = Enumerable.Range(0, appends.Length)
            .GroupBy(index => appends[index].Stream.AggregateType)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToList();
        if (appends.SelectMany(append => inline.Of(append.Stream.AggregateType)).Distinct().ToArray() is { Length: > 0 } views)
        {
            return await AllWithViews(appends, byType, views, shard, ct);
        }

        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var batch = new NpgsqlBatch(connection);
        AddAll(batch, appends, byType, shard);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        return await ReadAll(reader, appends, byType, ct);
    }

    private void AddAll(NpgsqlBatch batch, EncodedAppend[] appends, List<IGrouping<string, int>> byType, string shard)
    {
        foreach (var group in byType)
        {
            batch.BatchCommands.Add(AllOfLeaf(Leaf.Of(group.Key, shard), [.. group.Select(index => appends[index])]));
        }

        ClaimCommands.Add(
            batch.BatchCommands,
            [.. appends.SelectMany(append => append.Request.Claims.Taken.Distinct(), (append, claim) => (append.Stream, claim))],
            [.. appends.SelectMany(append => append.Request.Claims.Released.Except(append.Request.Claims.Taken), (append, claim) => (append.Stream, claim))]);
    }

    private static async Task<AppendResult[]> ReadAll(NpgsqlDataReader reader, EncodedAppend[] appends, List<IGrouping<string, int>> byType, CancellationToken ct)
    {
        var results = new AppendResult[appends.Length];
        foreach (var group in byType)
        {
            foreach (var index in group)
            {
                await reader.ReadAsync(ct);
                results[index] = new(reader.GetInt64(0) + appends[index].Count, reader.GetInt64(1));
            }

            await reader.NextResultAsync(ct);
        }

        while (await reader.NextResultAsync(ct))
        {
        }

        return results;
    }

    // The rows come in no promised order, but mostly in that of the appends.
    private static async Task ReadEach(
        NpgsqlDataReader reader, Leaf leaf, int[] indexes, IReadOnlyList<(EncodedAppend Append, Leaf Leaf)> appends, AppendOutcome?[] outcomes)
    {
        var next = 0;
        while (await reader.ReadAsync())
        {
            var eventId = reader.GetGuid(0);
            while (appends[indexes[next]].Append.EventIds[0] != eventId)
            {
                next = (next + 1) % indexes.Length;
            }

            outcomes[indexes[next]] = new(leaf, reader.GetInt64(1), TenantOk: true, reader.GetInt64(2));
            next = (next + 1) % indexes.Length;
        }
    }

    private NpgsqlBatchCommand EachOfLeaf(Leaf leaf, EncodedAppend[] appends)
    {
        var command = new NpgsqlBatchCommand(leaf.Statement("append_each.sql"));
        var parameters = command.Parameters;
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(appends, append => append.Stream.TenantId) });
        AddStreams(parameters, appends);
        parameters.Add(new NpgsqlParameter<string> { TypedValue = LongestLockWaitSetting });
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = Array.ConvertAll(appends, append => append.EventIds[0]) });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(appends, append => append.EventTypes[0]) });
        parameters.Add(new NpgsqlParameter<short[]> { TypedValue = Array.ConvertAll(appends, append => append.EventVersions[0]) });
        parameters.Add(Json(Array.ConvertAll(appends, append => append.Data[0])));
        return command;
    }

    private NpgsqlBatchCommand ManyOfLeaf(Leaf leaf, EncodedAppend[] appends)
    {
        var command = new NpgsqlBatchCommand(leaf.Statement("append_many.sql"));
        var parameters = command.Parameters;
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(appends, append => append.Stream.TenantId) });
        AddStreams(parameters, appends);
        parameters.Add(new NpgsqlParameter<string> { TypedValue = LongestLockWaitSetting });
        AddEvents(parameters, appends);
        return command;
    }

    private NpgsqlBatchCommand AllOfLeaf(Leaf leaf, EncodedAppend[] appends)
    {
        var command = new NpgsqlBatchCommand(leaf.Statement("append_all.sql"));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = appends[0].Stream.TenantId });
        AddStreams(command.Parameters, appends);
        AddEvents(command.Parameters, appends);
        return command;
    }

    private void AddStreams(NpgsqlParameterCollection parameters, EncodedAppend[] appends)
    {
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = Array.ConvertAll(appends, append => append.Stream.AggregateId) });
        parameters.Add(new NpgsqlParameter<long[]> { TypedValue = Array.ConvertAll(appends, append => append.Request.Expected.Value) });
        parameters.Add(Json(Array.ConvertAll(appends, append => append.Metadata)));
        parameters.Add(Now());
    }

    private static void AddEvents(NpgsqlParameterCollection parameters, EncodedAppend[] appends)
    {
        var count = appends.Sum(append => append.Count);
        var (indexes, places) = (new int[count], new int[count]);
        var (ids, types, versions, data) = (new Guid[count], new string[count], new short[count], new byte[count][]);
        var row = 0;
        for (var index = 0; index < appends.Length; index++)
        {
            var append = appends[index];
            append.EventIds.CopyTo(ids, row);
            append.EventTypes.CopyTo(types, row);
            append.EventVersions.CopyTo(versions, row);
            append.Data.CopyTo(data, row);
            for (var place = 1; place <= append.Count; place++, row++)
            {
                (indexes[row], places[row]) = (index + 1, place);
            }
        }

        parameters.Add(new NpgsqlParameter<int[]> { TypedValue = indexes });
        parameters.Add(new NpgsqlParameter<int[]> { TypedValue = places });
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = types });
        parameters.Add(new NpgsqlParameter<short[]> { TypedValue = versions });
        parameters.Add(Json(data));
    }
}
