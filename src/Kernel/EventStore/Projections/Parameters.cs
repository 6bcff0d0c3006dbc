using Npgsql;
using NpgsqlTypes;

namespace Monolith.EventStore.Projections;

/// <summary>Values bound to statements, without boxing.</summary>
internal static class Parameters
{
    public static NpgsqlParameter Of<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public static NpgsqlParameter Of(DateTimeOffset value) =>
        new NpgsqlParameter<DateTimeOffset> { TypedValue = value.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter OfNullable(long? value) =>
        new() { Value = value is { } given ? given : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter OfNullable(Guid? value) =>
        new() { Value = value is { } given ? given : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };

    public static NpgsqlParameter OfNullable(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>Three arrays: the names of projections, slots and shards.</summary>
    public static NpgsqlParameter[] OfKeys(IReadOnlyCollection<ProjectionShard> keys) =>
    [
        Of(keys.Select(key => key.Projection).ToArray()),
        Of(keys.Select(key => key.Slot).ToArray()),
        Of(keys.Select(key => key.Shard).ToArray()),
    ];
}
