using System.Buffers;
using System.Text;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>Reads columns of one row after the other without an array or a string for each.</summary>
internal sealed class ColumnReader : IDisposable
{
    private const int LeastJson = 1024;
    private const int LeastText = 128;

    // jsonb on the wire is this and then its text: jsonb_send in the source of PostgreSQL.
    private const int JsonbVersion = 1;

    // Shared by all: what is written here last stays, and a string that was written over is made anew.
    private static readonly string?[] Known = new string?[512];

    private byte[] json = ArrayPool<byte>.Shared.Rent(LeastJson);
    private byte[] text = ArrayPool<byte>.Shared.Rent(LeastText);

    /// <summary>The JSON of a column of the row at hand, as UTF-8: of use until the next JSON is read.</summary>
    public ReadOnlyMemory<byte> Json(NpgsqlDataReader reader, int column)
    {
        var length = Read(reader, column, ref json);
        return length > 1 && json[0] == JsonbVersion
            ? json.AsMemory(1, length - 1)
            : throw new InvalidOperationException($"Column {column} is not jsonb of version {JsonbVersion}.");
    }

    /// <summary>The text of a column that has few values, as the names of tenants and types: mostly a string that was made before.</summary>
    public string Name(NpgsqlDataReader reader, int column)
    {
        var length = Read(reader, column, ref text);
        if (length == 0)
        {
            return "";
        }

        var name = text.AsSpan(0, length);
        ref var known = ref Known[((length * 31) + (name[0] * 7) + (name[length / 2] * 17) + name[^1]) % Known.Length];
        return known is { } before && Ascii.Equals(name, before) ? before : known = Encoding.UTF8.GetString(name);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(json);
        ArrayPool<byte>.Shared.Return(text);
        (json, text) = ([], []);
    }

    // The whole row is in the reader's buffer, so nothing here waits for the network.
    private static int Read(NpgsqlDataReader reader, int column, ref byte[] bytes)
    {
        var read = (int)reader.GetBytes(column, 0, bytes, 0, bytes.Length);
        if (read < bytes.Length)
        {
            return read;
        }

        var length = (int)reader.GetBytes(column, 0, null, 0, 0);
        if (length > read)
        {
            var larger = ArrayPool<byte>.Shared.Rent(length);
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = larger;
            reader.GetBytes(column, 0, bytes, 0, length);
        }

        return length;
    }
}
