using Npgsql;

namespace Monolith.EventStore.Projections;

/// <summary>The writer of a projection, whose tables are made before its first batch and by one of its shards.</summary>
internal sealed class PreparedWriter(Projection projection, IViewStore? views, NpgsqlDataSource dataSource)
{
    private readonly ProjectionWriter writer = projection.Writer(views);
    private readonly Turn turn = new();
    private bool prepared;

    /// <summary>The writer, for batches of these rows. A shadow was made whole by whoever asked for the rebuild.</summary>
    public async ValueTask<ProjectionWriter> Get(ViewRows rows, CancellationToken ct)
    {
        if (rows == ViewRows.Shadow || Volatile.Read(ref prepared))
        {
            return writer;
        }

        await turn.Take(ct);
        try
        {
            if (!prepared)
            {
                await using var connection = await dataSource.OpenConnectionAsync(ct);
                await writer.Prepare(connection, ct);
                Volatile.Write(ref prepared, true);
            }

            return writer;
        }
        finally
        {
            turn.Give();
        }
    }
}
