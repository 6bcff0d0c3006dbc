using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Hosting;

/// <summary>
/// The requests that were sent with a key, each with its answer once it has one: the tables <c>wolverine.idempotent_requests</c>, of tenants, and
/// <c>wolverine.operator_requests</c>, which are made with the documents.
/// </summary>
/// <remarks>
/// A request runs under a lease. When its host dies before the answer is stored, nobody knows whether the command's events are: but every event of it names the request, so whoever
/// goes on with it, once the lease has run out, looks for them first. See docs/http.md.
/// </remarks>
internal sealed partial class IdempotentRequests(
    NpgsqlDataSource dataSource, HttpOptions options, IDataProtectionProvider protection, TimeProvider time, ILogger<IdempotentRequests> logger)
{
    /// <summary>The header of an event's metadata that names the request.</summary>
    public const string RequestHeader = "request";

    private const int BatchSize = 1000;

    // An answer may show what is shown once and stored nowhere else as it is: the secret of a new webhook.
    private readonly IDataProtector protector = protection.CreateProtector("Monolith.Hosting.IdempotentRequests");

    /// <summary>Begins a request, or says why it does not.</summary>
    public async Task<Beginning> Begin(RequestKey key, CancellationToken ct)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var request = Guid.CreateVersion7(now);
            if (await Execute("begin_request.sql", key, ct, Value(key.Fingerprint), Value(request), Value(now), Value(now + Lease), Value(now + options.IdempotencyKeptFor)) is long)
            {
                return new(request);
            }

            if (await Find(key, ct) is not { } found)
            {
                continue;
            }

            if (!found.Fingerprint.AsSpan().SequenceEqual(key.Fingerprint))
            {
                return new(found.Request) { IsOfAnother = true };
            }

            if (found.Answer is { } answer)
            {
                return new(found.Request) { Answer = answer };
            }

            if (found.LeasedUntil > now)
            {
                return new(found.Request) { IsUnderWay = true };
            }

            if (await Change("take_over_request.sql", key, ct, Value(found.Request), Value(now), Value(now + Lease)))
            {
                LogTakenOver(found.Request);
                return new(found.Request) { Stored = key.Owner.HasEvents ? await Written(key, found, ct) : null };
            }
        }
    }

    /// <summary>Stores the answer.</summary>
    public Task Answer(RequestKey key, Guid request, StoredAnswer answer, CancellationToken ct) => Change(
        "answer_request.sql", key, ct, Value(request), Value((short)answer.Status), new NpgsqlParameter { Value = answer.HeadersAsJson(), NpgsqlDbType = NpgsqlDbType.Jsonb }, Value(protector.Protect(answer.Body)));

    /// <summary>Forgets a request that changed nothing: the key may be used as if it never had been.</summary>
    public Task Release(RequestKey key, Guid request, CancellationToken ct) => Change("release_request.sql", key, ct, Value(request));

    /// <summary>Removes what has been kept for long enough, a bounded number of rows at a time.</summary>
    /// <returns>How many rows.</returns>
    public async Task<int> Expire(CancellationToken ct)
    {
        var removed = 0;
        foreach (var anybody in (KeyOwner[])[KeyOwner.Tenant(""), KeyOwner.Operator("")])
        {
            int batch;
            do
            {
                await using var command = dataSource.CreateCommand(anybody.Statement("expire_requests.sql"));
                command.Parameters.Add(Value(time.GetUtcNow()));
                command.Parameters.Add(Value(BatchSize));
                removed += batch = await command.ExecuteNonQueryAsync(ct);
            }
            while (batch == BatchSize);
        }

        return removed;
    }

    // Longer than any request may take, so that nobody goes on with one that is still running.
    private TimeSpan Lease => options.RequestTimeout * 2;

    private async Task<FoundRequest?> Find(RequestKey key, CancellationToken ct)
    {
        await using var command = Command("find_request.sql", key);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new(
                reader.GetFieldValue<byte[]>(0),
                reader.GetGuid(1),
                reader.GetInt64(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                await reader.IsDBNullAsync(4, ct) ? null : StoredAnswer.Parse(reader.GetInt16(4), reader.GetString(5), protector.Unprotect(reader.GetFieldValue<byte[]>(6))))
            : null;
    }

    private async Task<StoredWrite?> Written(RequestKey key, FoundRequest found, CancellationToken ct)
    {
        await using var command = dataSource.CreateCommand(ReadModelStatements.Text("written_by_request.sql"));
        command.Parameters.AddRange((NpgsqlParameter[])[Value(key.Owner.Id), Value(found.SincePosition), Value(found.Request.ToString("N"))]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new(reader.GetString(0), new(reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3))) : null;
    }

    private async Task<bool> Change(string file, RequestKey key, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(file, key, parameters);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    private async Task<object?> Execute(string file, RequestKey key, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(file, key, parameters);
        return await command.ExecuteScalarAsync(ct);
    }

    private NpgsqlCommand Command(string file, RequestKey key, params NpgsqlParameter[] parameters)
    {
        var command = dataSource.CreateCommand(key.Owner.Statement(file));
        command.Parameters.AddRange((NpgsqlParameter[])[Value(key.Owner.Id), Value(key.Key), .. parameters]);
        return command;
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    [LoggerMessage(1, LogLevel.Warning, "The request {Request} was left without an answer; it is gone on with.")]
    private partial void LogTakenOver(Guid request);

    private sealed record FoundRequest(byte[] Fingerprint, Guid Request, long SincePosition, DateTimeOffset LeasedUntil, StoredAnswer? Answer);
}

/// <summary>Which request it is: whose key, and what was asked for under it.</summary>
internal sealed record RequestKey(KeyOwner Owner, string Key, byte[] Fingerprint);

/// <summary>Whose keys they are: a tenant's, or those of one operator, who works for no tenant.</summary>
internal sealed record KeyOwner
{
    private readonly string table;
    private readonly string column;

    private KeyOwner(string table, string column, string id) => (this.table, this.column, Id) = (table, column, id);

    public string Id { get; }

    /// <summary>Whether what is asked for is stored as events, which name the request.</summary>
    public bool HasEvents => column == IdempotencySetup.TenantColumn;

    public static KeyOwner Tenant(string id) => new(IdempotencySetup.OfTenants, IdempotencySetup.TenantColumn, id);

    public static KeyOwner Operator(string name) => new(IdempotencySetup.OfOperators, IdempotencySetup.OperatorColumn, name);

    /// <summary>A statement on the table of such keys.</summary>
    public string Statement(string file) =>
        ReadModelStatements.Text(file).Replace("{table}", table, StringComparison.Ordinal).Replace("{owner}", column, StringComparison.Ordinal);
}

/// <summary>How a request with a key begins: it runs, unless one of the others is said.</summary>
/// <param name="Request">The id of the request that has the key.</param>
internal sealed record Beginning(Guid Request)
{
    /// <summary>Whether the key was used for something else.</summary>
    public bool IsOfAnother { get; init; }

    /// <summary>The answer that was given already.</summary>
    public StoredAnswer? Answer { get; init; }

    /// <summary>Whether a host is at work on it.</summary>
    public bool IsUnderWay { get; init; }

    /// <summary>What was stored by a run of it whose host is gone.</summary>
    public StoredWrite? Stored { get; init; }
}
