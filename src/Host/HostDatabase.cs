using Monolith.EmbeddedPostgres;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Host;

/// <summary>The database that this host works on: the configured one, or a private server that lives as long as the host.</summary>
internal sealed class HostDatabase : IAsyncDisposable
{
    private readonly EmbeddedPostgresServer? server;

    private HostDatabase(EmbeddedPostgresServer? server) => this.server = server;

    /// <summary>Puts the data source among the services, and starts the private server when no connection string is configured.</summary>
    public static async Task<HostDatabase> Provide(WebApplicationBuilder builder, string[] args)
    {
        var settings = HostSettings.Read(builder.Configuration, builder.Environment);
        var (started, connectionString) = settings.ConnectionString is { } configured ? (null, configured)
            : CommandLine.NeedsDatabase(args) ? await StartServer(settings.EmbeddedPostgres)
            : (null, "Host=localhost");
        builder.Services.AddSingleton(provider => Source(connectionString, provider.GetRequiredService<ILoggerFactory>()));
        return new(started);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task<(EmbeddedPostgresServer Server, string ConnectionString)> StartServer(EmbeddedPostgresOptions options)
    {
        using var logging = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
        var started = await EmbeddedPostgresServer.Start(options, logging.CreateLogger<EmbeddedPostgresServer>());
        return (started, await started.EnsureDatabase("monolith"));
    }

    // The name stands in metrics in place of the connection string.
    private static NpgsqlDataSource Source(string connectionString, ILoggerFactory logging) =>
        new NpgsqlDataSourceBuilder(ConnectionStrings.Tune(connectionString)) { Name = "monolith" }.UseLoggerFactory(logging).Build();
}
