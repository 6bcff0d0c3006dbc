using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Monolith.EmbeddedPostgres;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Host.Commands;
using Monolith.Hosting;
using Npgsql;
using Scalar.AspNetCore;

namespace Monolith.Host;

/// <summary>What a newcomer sees: a demo tenant, the API page, and the words at start.</summary>
internal static partial class StartUp
{
    public const string DemoTenant = "demo";
    private const string ApiPage = "/scalar";
    private const string DefaultUrl = "http://localhost:5080";

    /// <summary>
    /// Runs the host or a command; errors that are the operator's to mend are told in their own words, without a stack trace, and so are all that a
    /// database may cause to a command.
    /// </summary>
    public static async Task<int> Report(string[] args, Func<Task<int>> host)
    {
        var isCommand = CommandLine.IsOperators(args);
        try
        {
            return await host();
        }
        catch (Exception error) when (IsToMend(error) || (isCommand && IsOutside(error)))
        {
            await Console.Error.WriteLineAsync(error is InvalidSettingException ? error.Message : error.Message.ReplaceLineEndings(" "));
        }
        catch (Exception bug) when (isCommand)
        {
            await Console.Error.WriteLineAsync(bug.ToString());
        }

        return isCommand ? (int)ExitCode.Failed : 1;
    }

    public static void AddStartUp(this WebApplicationBuilder builder)
    {
        if (builder.Configuration["urls"] is null && builder.Configuration["http_ports"] is null)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.Services.AddHostedService<Greeting>();
    }

    public static void MapApiPage(this WebApplication app)
    {
        if (app.Environment.IsDevelopment())
        {
            app.MapOpenApi();
            app.MapScalarApiReference(ApiPage, options => options.WithTitle("Monolith"));
        }
    }

    private static bool IsToMend(Exception error) =>
        error is IOException { InnerException: AddressInUseException } or InvalidSettingException or EmbeddedPostgresException or SchemaException or InvalidModelException or UsageException;

    private static bool IsOutside(Exception error) =>
        error is EventSourcingException or NpgsqlException or IOException or UnauthorizedAccessException or TimeoutException or OperationCanceledException;

    private sealed partial class Greeting(Tenants tenants, IServer server, IHostEnvironment environment, IOptions<ConsoleLoggerOptions> console, ILogger<Greeting> logger)
        : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) =>
            environment.IsDevelopment() ? tenants.Add(DemoTenant, ct: cancellationToken) : Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken)
        {
            var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? DefaultUrl;
            if (console.Value.FormatterName == ConsoleFormatterNames.Json)
            {
                // Who reads the output line by line finds nothing else in it.
                LogListening(address);
            }
            else
            {
                Console.WriteLine(environment.IsDevelopment() ? Welcome(address) : $"Monolith listens on {address}");
            }

            return Task.CompletedTask;
        }

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        [LoggerMessage(1, LogLevel.Information, "Monolith listens on {Address}")]
        private partial void LogListening(string address);

        private static string Welcome(string address) =>
            $$"""

            Monolith listens on {{address}}
            API page:  {{address}}{{ApiPage}}
            A token:   TOKEN=$(dotnet run -v q --project src/Host -- token --tenant {{DemoTenant}})
            Try it:    curl -i {{address}}/api/users -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
                         -d '{"email":"ada@example.com","username":"ada","password":"correct horse battery"}'
            Stop it:   Ctrl+C

            """;
    }
}
