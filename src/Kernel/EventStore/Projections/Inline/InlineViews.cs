using System.Collections.Frozen;
using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>
/// Applies inline projections to events in the transaction that appends them.
/// </summary>
/// <remarks>
/// <para>
/// An append of a type that an inline projection reads takes the projection's lock, shared, before anything else. Whoever lets rebuilt views take the place of
/// the live ones takes it alone, so at that moment no such append is on its way, and all that are stored can be seen by the rebuild. Behind the lock
/// the append reads of which version the live views are. Of its own: it applies the events. Of none yet, or an older one: a rebuild is under way that
/// reads the events from the feed, and nothing is applied. Of a newer one: this build cannot write them, and the append is refused.
/// </para>
/// <para>
/// Then the events are read back as a rebuild would read them. Views of one key may change with events of several streams, so the keys are locked, in one order
/// everywhere and behind all streams and claims of the append, before the views are loaded.
/// </para>
/// </remarks>
internal sealed class InlineViews(NpgsqlDataSource dataSource, DomainModel model, InlineProjections? declared)
{
    private readonly Lazy<FrozenDictionary<string, InlineView[]>> byType = new(() => Views(dataSource, declared));

    /// <summary>The inline projections that read a type; nearly always none.</summary>
    public InlineView[] Of(string aggregateType) => declared is null ? [] : byType.Value.GetValueOrDefault(aggregateType, []);

    /// <summary>Makes what the views need, once and outside of any transaction.</summary>
    public static async ValueTask Prepare(IEnumerable<InlineView> views, CancellationToken ct)
    {
        foreach (var view in views)
        {
            await view.Prepared.Get(ViewRows.Live, ct);
        }
    }

    /// <summary>The two statements before the append.</summary>
    public static IEnumerable<NpgsqlBatchCommand> Enter(IEnumerable<InlineView> views)
    {
        var names = views.Select(view => view.Projection.Name).ToArray();
        yield return new(Statements.Text("inline_enter.sql")) { Parameters = { Parameters.Of(names) } };
        yield return new(Statements.Text("inline_versions.sql")) { Parameters = { Parameters.Of(names) } };
    }

    /// <summary>Reads what they answered, and goes on to the result of the append.</summary>
    /// <returns>The projections to apply.</returns>
    /// <exception cref="InlineProjectionException">The views are of a newer version.</exception>
    public static async Task<IReadOnlyList<InlineView>> Entered(NpgsqlDataReader reader, IReadOnlyList<InlineView> views, CancellationToken ct)
    {
        await reader.NextResultAsync(ct);
        var active = new List<InlineView>();
        while (await reader.ReadAsync(ct))
        {
            var (view, version) = (views.First(view => view.Projection.Name == reader.GetString(0)), reader.GetInt32(1));
            if (version > view.Projection.Version)
            {
                throw new InlineProjectionException(
                    InlineProjectionException.Outdated,
                    view.Projection.Name,
                    $"The views of the inline projection '{view.Projection.Name}' are of version {version}, and this build, which has version {view.Projection.Version}, cannot write them.");
            }

            if (version == view.Projection.Version)
            {
                active.Add(view);
            }
        }

        await reader.NextResultAsync(ct);
        return active;
    }

    /// <summary>The statement that reads the last events of a stream back.</summary>
    public static NpgsqlBatchCommand Appended(StreamId stream, int events, Leaf leaf) => new(leaf.Statement("appended_events.sql"))
    {
        Parameters = { Parameters.Of(stream.TenantId), Parameters.Of(stream.AggregateId), Parameters.Of(events) },
    };

    /// <summary>Reads its answer.</summary>
    public async Task Read(NpgsqlDataReader reader, List<EventEnvelope> events, CancellationToken ct)
    {
        using var columns = new ColumnReader();
        while (await reader.ReadAsync(ct))
        {
            var row = new EnvelopeRow(reader, columns);
            var decoded = row.Decode(model);
            for (var i = 0; i < decoded.Count; i++)
            {
                events.Add(row.Envelope(decoded[i]));
            }
        }
    }

    /// <summary>Folds the events of an append into the views, in the transaction of the connection.</summary>
    /// <exception cref="InlineProjectionException">A projection could not take them.</exception>
    public static async Task Apply(NpgsqlConnection connection, IReadOnlyList<InlineView> views, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        try
        {
            await Write(connection, await Folds(views, events, ct), ct);
        }
        catch (ProjectionFailedException problem)
        {
            throw Refused(problem.Projection, problem);
        }
        catch (PostgresException problem) when (Failures.IsOfTheData(problem))
        {
            throw Refused(string.Join(", ", views.Select(view => view.Projection.Name)), problem);
        }
    }

    private static async Task<List<(string Projection, InlineFold Fold)>> Folds(
        IReadOnlyList<InlineView> views, IReadOnlyList<EventEnvelope> events, CancellationToken ct)
    {
        var folds = new List<(string, InlineFold)>(views.Count);
        foreach (var view in views)
        {
            var writer = await view.Prepared.Get(ViewRows.Live, ct);
            var fold = writer.Fold([.. events.Where(envelope => view.AggregateTypes.Contains(envelope.AggregateType, StringComparer.Ordinal))]);
            if (fold.Keys.Count > 0)
            {
                folds.Add((view.Projection.Name, fold));
            }
        }

        return folds;
    }

    // All keys of all projections with one statement, or two appends could each hold what the other waits for.
    private static async Task Write(NpgsqlConnection connection, List<(string Projection, InlineFold Fold)> folds, CancellationToken ct)
    {
        if (folds.Count == 0)
        {
            return;
        }

        await using (var keys = new NpgsqlCommand(Statements.Text("inline_keys.sql"), connection))
        {
            keys.Parameters.Add(Parameters.Of(folds.SelectMany(fold => fold.Fold.Keys, (fold, key) => $"{fold.Projection}\n{key}").ToArray()));
            await keys.ExecuteNonQueryAsync(ct);
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var (_, fold) in folds)
        {
            await fold.Write(connection, batch, ct);
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(ct);
        }
    }

    private static InlineProjectionException Refused(string projection, Exception problem) => new(
        InlineProjectionException.Failed,
        projection,
        $"The events are not stored, because the inline projection '{projection}' could not take them: {problem.Message}",
        problem);

    private static FrozenDictionary<string, InlineView[]> Views(NpgsqlDataSource dataSource, InlineProjections? declared) =>
        (declared?.All ?? [])
            .Select(entry => new InlineView(entry.Projection, entry.AggregateTypes, new(entry.Projection, declared!.Views, dataSource)))
            .SelectMany(view => view.AggregateTypes, (view, type) => (Type: type, View: view))
            .GroupBy(entry => entry.Type, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.Select(entry => entry.View).ToArray(), StringComparer.Ordinal);
}

/// <summary>An inline projection, ready to be applied.</summary>
internal sealed record InlineView(Projection Projection, IReadOnlyList<string> AggregateTypes, PreparedWriter Prepared);
