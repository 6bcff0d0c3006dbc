using Npgsql;

namespace Monolith.EventStore;

/// <summary>Removes some rows of a tenant that is being dropped, in the transaction of the connection; returns how many.</summary>
/// <param name="connection">The connection.</param>
/// <param name="tenantId">The tenant.</param>
/// <param name="limit">The most rows; fewer means that there are no more.</param>
/// <param name="ct">Stops it.</param>
internal delegate Task<int> RemoveRows(NpgsqlConnection connection, string tenantId, int limit, CancellationToken ct);
