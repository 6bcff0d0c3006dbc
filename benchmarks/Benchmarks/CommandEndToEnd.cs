using BenchmarkDotNet.Attributes;
using JasperFx.Events.Projections;
using JasperFx.Resources;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Hosting;
using Npgsql;
using Wolverine;
using Wolverine.Marten;

namespace Monolith.Benchmarks;

/// <summary>
/// What does a command cost from the bus to the durable event, by how many are on their way at once? Load, decide, append one event, through
/// Wolverine's in-process bus with a scope for each command, as a request has one; the time is per command. On both sides a whole host: ours as
/// modules run in it, Marten's with the aggregate handler workflow and an inline snapshot as its documentation recommends for speed.
/// Goal: 1.5 times as fast. We load the last snapshot and up to a hundred events, or with the state in memory what is new; Marten a document.
/// </summary>
public class CommandEndToEnd
{
    private const string Tenant = "acme";
    public const int CommandsPerInvocation = 512;
    private const int Ledgers = 64;
    private const int EventsBefore = 50;

    private readonly Guid[] ledgers = [.. Enumerable.Range(0, Ledgers).Select(_ => Guid.CreateVersion7())];
    private NpgsqlDataSource dataSource = null!;
    private NpgsqlDataSource martenSource = null!;
    private int sent;
    private int sentToMarten;
    private IHost marten = null!;
    private WebApplication monolith = null!;

    public static IEnumerable<int> Counts => Benchmark.Effort.Of(dry: [16], quick: [1, 16], full: [1, 16]);

    [ParamsSource(nameof(Counts))]
    public int Callers { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        var history = Movements.Of(EventsBefore).ToArray();
        martenSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_command_marten"));
        marten = await StartMarten(martenSource);
        await using (var session = marten.Services.GetRequiredService<IDocumentStore>().LightweightSession(Tenant))
        {
            foreach (var ledger in ledgers)
            {
                session.Events.StartStream<MartenLedger>(ledger, history);
            }

            await session.SaveChangesAsync();
        }

        dataSource = NpgsqlDataSource.Create(await Benchmark.NewDatabase("benchmark_command"));
        monolith = await StartMonolith(dataSource);
        var store = monolith.Services.GetRequiredService<PostgresEventStore>();
        await store.Tenants.Add(Tenant);
        foreach (var type in (string[])["ledger", "cached_ledger"])
        {
            await store.Import(ledgers.SelectMany(ledger => Movements.Import(new(Tenant, type, ledger), history)).ToAsyncEnumerable());
        }

        await Benchmark.Warm(dataSource, Callers);
        await Benchmark.Warm(martenSource, Callers);
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        await Benchmark.ExpectRows(dataSource, "eventstore.events", (2 * Ledgers * EventsBefore) + sent);
        await Benchmark.ExpectRows(martenSource, "marten.mt_events", (Ledgers * EventsBefore) + sentToMarten);
        await marten.StopAsync();
        marten.Dispose();
        await monolith.StopAsync();
        await monolith.DisposeAsync();
        await dataSource.DisposeAsync();
        await martenSource.DisposeAsync();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = CommandsPerInvocation, Description = "Marten, inline snapshot")]
    public async Task Marten()
    {
        await Send(marten.Services, ledger => new MoveMartenLedger(ledger, 1.25m));
        sentToMarten += CommandsPerInvocation;
    }

    [Benchmark(OperationsPerInvoke = CommandsPerInvocation, Description = "Monolith")]
    public async Task Monolith()
    {
        await Send(monolith.Services, ledger => new MoveLedger(ledger, 1.25m));
        sent += CommandsPerInvocation;
    }

    [Benchmark(OperationsPerInvoke = CommandsPerInvocation, Description = "Monolith, state in memory")]
    public async Task Cached()
    {
        await Send(monolith.Services, ledger => new MoveCachedLedger(ledger, 1.25m));
        sent += CommandsPerInvocation;
    }

    // No two callers at the same ledger: conflicts are another question.
    private Task Send(IServiceProvider services, Func<Guid, object> command) =>
        Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var n = 0; n < CommandsPerInvocation / Callers; n++)
            {
                await using var scope = services.CreateAsyncScope();
                var bus = scope.ServiceProvider.GetRequiredService<IMessageBus>();
                await bus.InvokeForTenantAsync(Tenant, command(ledgers[(caller + (n * Callers)) % Ledgers]));
            }
        })));

    private static async Task<IHost> StartMarten(NpgsqlDataSource dataSource)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services
            .AddMarten(options =>
            {
                MartenStore.Configure(options, dataSource, SnapshotLifecycle.Inline);
                options.Events.UseIdentityMapForAggregates = true;
            })
            .UseLightweightSessions()
            .IntegrateWithWolverine();
        builder.Services.AddResourceSetupOnStartup();
        builder.UseWolverine(options =>
        {
            options.Durability.Mode = DurabilityMode.Solo;
            options.Policies.AutoApplyTransactions();
            options.Discovery.DisableConventionalDiscovery().IncludeType(typeof(MoveMartenLedgerHandler));
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<WebApplication> StartMonolith(NpgsqlDataSource dataSource)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(dataSource);
        builder.AddMonolith(typeof(CommandEndToEnd).Assembly, new LedgersModule());
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}

public sealed class LedgersModule : Module
{
    public override string Name => "ledgers";
}

public sealed record MoveLedger(Guid LedgerId, decimal Amount);

public static class MoveLedgerHandler
{
    public static Task<Saved> Handle(MoveLedger command, AggregateRepository<Ledger> ledgers, CancellationToken ct) =>
        ledgers.Update(command.LedgerId, ledger => ledger.Move(command.Amount), ct: ct);
}

public sealed record MoveCachedLedger(Guid LedgerId, decimal Amount);

public static class MoveCachedLedgerHandler
{
    public static Task<Saved> Handle(MoveCachedLedger command, AggregateRepository<CachedLedger> ledgers, CancellationToken ct) =>
        ledgers.Update(command.LedgerId, ledger => ledger.Move(command.Amount), ct: ct);
}

public sealed record MoveMartenLedger(Guid MartenLedgerId, decimal Amount);

public static class MoveMartenLedgerHandler
{
    [AggregateHandler]
    public static Events Handle(MoveMartenLedger command, MartenLedger ledger) =>
        [new Moved(command.Amount, "benchmark", ledger.Balance + command.Amount)];
}
