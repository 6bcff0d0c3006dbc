using JasperFx;
using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.EventStore;
using Npgsql;
using Weasel.Core.Migrations;
using Wolverine.Persistence.Durability;

namespace Monolith.Hosting;

/// <summary>
/// Sees to the database before anything else starts: in Development it makes what is missing; elsewhere it refuses to start on a schema that
/// does not fit, because a change of schema is a step of its own there.
/// </summary>
internal sealed partial class DatabasePreparation(
    NpgsqlDataSource dataSource, Migrator migrator, IDocumentStore documents, IMessageStore messages, IHostEnvironment environment,
    ILogger<DatabasePreparation> logger)
    : IHostedLifecycleService
{
    private const long Lock = 0x4d6f6e6f6c697468; // "Monolith"

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (environment.IsDevelopment())
        {
            await Apply(cancellationToken);
        }
        else
        {
            await Check(cancellationToken);
        }
    }

    /// <summary>Makes what is missing. Running it again changes nothing; several at once do it one after another.</summary>
    public async Task Apply(CancellationToken ct)
    {
        await using var connection = await dataSource.OpenConnectionAsync(ct);
        await using var serialize = new NpgsqlCommand("select pg_advisory_lock($1)", connection) { Parameters = { new() { Value = Lock } } };
        await serialize.ExecuteNonQueryAsync(ct);
        try
        {
            await migrator.Migrate(ct);
            await Task.WhenAll(
                documents.Storage.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate),
                ((IDatabase)messages).ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate, ct: ct));
            LogPrepared();
        }
        finally
        {
            serialize.CommandText = "select pg_advisory_unlock($1)";
            await serialize.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task Check(CancellationToken ct)
    {
        if (await migrator.Pending(ct) is { Count: > 0 } pending)
        {
            throw new SchemaException($"The database lacks the event store's migrations {string.Join(", ", pending)}. Run the migration before the host.");
        }

        await documents.Storage.Database.AssertDatabaseMatchesConfigurationAsync(ct);
    }

    [LoggerMessage(1, LogLevel.Debug, "The database has every schema of this build.")]
    private partial void LogPrepared();
}
