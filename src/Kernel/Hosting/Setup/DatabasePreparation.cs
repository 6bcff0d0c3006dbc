using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.EventStore;

namespace Monolith.Hosting;

/// <summary>
/// Sees to the database before anything else starts: in Development it makes what is missing; elsewhere it refuses to start on a schema that
/// does not fit, because a change of schema is a step of its own there.
/// </summary>
internal sealed partial class DatabasePreparation(DatabaseSchema schema, IHostEnvironment environment, ILogger<DatabasePreparation> logger) : IHostedLifecycleService
{
    private const int Named = 5;

    private readonly Lock starting = new();
    private Task? prepared;

    /// <summary>Does it, once.</summary>
    public Task Prepare(CancellationToken ct)
    {
        lock (starting)
        {
            return prepared ??= PrepareOnce(ct);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Prepare(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PrepareOnce(CancellationToken ct)
    {
        if (environment.IsDevelopment())
        {
            await schema.Migrate(ct);
        }
        else if (await schema.Missing(ct) is { Count: > 0 } missing)
        {
            var more = missing.Count > Named ? $" and {missing.Count - Named} more" : "";
            throw new SchemaException(
                $"The database lacks {string.Join(", ", missing.Take(Named))}{more}. Run the command migrate before the host, "
                + "with a connection string of the schema's owner: dotnet Monolith.Host.dll migrate");
        }

        LogPrepared();
    }

    [LoggerMessage(1, LogLevel.Debug, "The database has every schema of this build.")]
    private partial void LogPrepared();
}
