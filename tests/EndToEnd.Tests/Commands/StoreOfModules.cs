using Monolith.Accounts;
using Monolith.Accounts.Contracts;
using Monolith.Accounts.Domain;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Testing;
using Monolith.Users;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Commands;

/// <summary>The store of a migrated database, beside the commands that are run on it.</summary>
internal static class StoreOfModules
{
    /// <summary>The types of the host's modules.</summary>
    public static DomainModel Model { get; } = new DomainModelBuilder().Add(typeof(AccountsModule).Assembly).Add(typeof(UsersModule).Assembly).Build();

    private static readonly DatabaseTemplate Migrated = new(
        "migrated by the command", async connectionString => (await HostCommand.Run(connectionString, "migrate")).ShouldEnd(0));

    /// <summary>A database that the command has migrated: once in a run, then it is copied.</summary>
    public static Task<TestDatabase> CreateMigrated(PostgresFixture postgres, CancellationToken ct = default) => postgres.CreateDatabase(Migrated, ct);

    /// <summary>A store, as a host has it.</summary>
    public static PostgresEventStore Open(NpgsqlDataSource dataSource) => new(dataSource, Model);

    /// <summary>An account with so many events.</summary>
    public static async Task<StreamId> AddAccount(this IEventStore store, string tenant, int events, CancellationToken ct)
    {
        var stream = new StreamId(tenant, "account", Guid.CreateVersion7());
        await store.Append(
            new(
                stream,
                ExpectedVersion.None,
                [NewEvent.Of(new AccountOpened("Ada", Currency.Parse("EUR"))), .. Enumerable.Range(2, events - 1).Select(n => NewEvent.Of(new Deposited(1m, "salary", n - 1)))]),
            ct);
        return stream;
    }
}
