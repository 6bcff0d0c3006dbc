using System.Buffers;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Where the JSON of one column after the other is read to, so that no row costs an array of its own.</summary>
internal sealed class JsonBuffer : IDisposable
{
    private const int LeastBytes = 1024;

    // jsonb on the wire is this and then its text: jsonb_send in the source of PostgreSQL.
    private const int JsonbVersion = 1;

    private byte[] bytes = ArrayPool<byte>.Shared.Rent(LeastBytes);

    /// <summary>The JSON of a column of the row at hand, as UTF-8: of use until the next call.</summary>
    public ReadOnlyMemory<byte> Read(NpgsqlDataReader reader, int column)
    {
        // The whole row is in the reader's buffer, so nothing here waits for the network.
        using var json = reader.GetStream(column);
        if (json.ReadByte() != JsonbVersion)
        {
            throw new InvalidOperationException($"Column {column} is not jsonb of version {JsonbVersion}.");
        }

        var length = (int)(json.Length - json.Position);
        if (length > bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(length);
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = larger;
        }

        json.ReadExactly(bytes, 0, length);
        return bytes.AsMemory(0, length);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = [];
    }
}
