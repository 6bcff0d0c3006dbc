using System.Diagnostics;
using Monolith.EmbeddedPostgres;
using Monolith.EventStore;
using Monolith.Hosting;
using Npgsql;

namespace Monolith.Host;

/// <summary>The database that this host works on: the configured one, or a private server that lives as long as the host.</summary>
internal sealed class HostDatabase : IAsyncDisposable
{
    private readonly Task<(EmbeddedPostgresServer? Server, string ConnectionString)> database;

    private HostDatabase(Task<(EmbeddedPostgresServer? Server, string ConnectionString)> database) => this.database = database;

    /// <summary>
    /// Puts the data source among the services, and begins to start the private server when no connection string is configured: it comes up while
    /// the host is put together. What the host may not start with is noted as a mistake of the configuration.
    /// </summary>
    public static HostDatabase Provide(WebApplicationBuilder builder, string[] args)
    {
        var settings = HostSettings.Read(builder.Configuration);
        if (CommandLine.NeedsDatabase(args))
        {
            settings.NoteMistakes(builder.Configuration, builder.Environment);
            if (CommandLine.StartsHost(args))
            {
                ProductionRules.NoteMistakes(builder.Configuration, builder.Environment);
            }
        }

        var provided = new HostDatabase(
            settings.ConnectionString is { } configured ? Task.FromResult(((EmbeddedPostgresServer?)null, configured))
            : CommandLine.NeedsDatabase(args) && !builder.Configuration.HasMistakes() ? Task.Run(() => StartServer(settings.EmbeddedPostgres, isQuiet: CommandLine.IsOperators(args)))
            : Task.FromResult(((EmbeddedPostgresServer?)null, "Host=localhost")));
        builder.Services.AddSingleton(provided.Source);
        return provided;
    }

    /// <summary>Waits until the data source can be used.</summary>
    /// <exception cref="EmbeddedPostgresException">The private server did not start.</exception>
    public Task Ready() => database;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ((Task)database).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (database.IsCompletedSuccessfully && (await database).Server is { } server)
        {
            await server.DisposeAsync();
        }
    }

    private static async Task<(EmbeddedPostgresServer? Server, string ConnectionString)> StartServer(EmbeddedPostgresOptions options, bool isQuiet)
    {
        using var logging = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(isQuiet ? LogLevel.Error : LogLevel.Information)
            .AddSimpleConsole(console => console.SingleLine = true));
        var server = await EmbeddedPostgresServer.Start(options, logging.CreateLogger<EmbeddedPostgresServer>());
        return (server, await server.EnsureDatabase("monolith"));
    }

    // The name stands in metrics in place of the connection string.
    private NpgsqlDataSource Source(IServiceProvider services) =>
        new NpgsqlDataSourceBuilder(ConnectionStrings.Tune(ConnectionString)) { Name = "monolith" }
            .UseLoggerFactory(services.GetRequiredService<ILoggerFactory>())

            // Statements are traced as part of what somebody asked for, not those by which the host looks whether there is something to do.
            .ConfigureTracing(tracing => tracing
                .ConfigureCommandFilter(_ => Activity.Current is not null)
                .ConfigureBatchFilter(_ => Activity.Current is not null))
            .Build();

    private string ConnectionString => database.IsCompletedSuccessfully
        ? database.Result.ConnectionString
        : throw new InvalidOperationException("The database is not ready yet: wait for it before the host starts.");
}
