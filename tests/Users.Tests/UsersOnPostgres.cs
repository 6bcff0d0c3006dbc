using Microsoft.AspNetCore.Identity;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Testing;
using Monolith.Users.Domain;
using Monolith.Users.Features;
using Npgsql;

[assembly: Xunit.AssemblyFixture(typeof(PostgresFixture))]

namespace Monolith.Users.Tests;

/// <summary>Users on a real store in a database of their own. The caller begins the operation context, because it flows down, not up.</summary>
internal sealed class UsersOnPostgres : IAsyncDisposable
{
    public const string Tenant = "acme";

    public static DomainModel Model { get; } = new DomainModelBuilder().Add(typeof(User).Assembly).Build();

    private static readonly DatabaseTemplate Template = new("users", async connectionString =>
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await new Migrator(source, Model).Migrate();
        await new Tenants(source).Add(Tenant);
    });

    private readonly TestDatabase database;
    private readonly NpgsqlDataSource dataSource;
    private readonly PostgresEventStore store;

    private UsersOnPostgres(TestDatabase database)
    {
        this.database = database;
        dataSource = NpgsqlDataSource.Create(ConnectionStrings.Tune(database.ConnectionString));
        store = new(dataSource, Model);
        Users = new(store, Model);
    }

    public static IPasswordHasher<User> Hasher { get; } = new PasswordHasher<User>();

    public static OperationContext Operation { get; } = new(Tenant, new EventMetadata { UserId = "operator-1" });

    public PostgresEventStore Store => store;

    public AggregateRepository<User> Users { get; }

    public NpgsqlDataSource DataSource => database.DataSource;

    public static async Task<UsersOnPostgres> Start(PostgresFixture postgres, CancellationToken ct) => new(await postgres.CreateDatabase(Template, ct));

    public Task<Saved> Create(string username, string password, CancellationToken ct) => CreateUserHandler.Handle(
        new(Guid.CreateVersion7(), $"{username}@example.com", username, new(password), "Ada", "Lovelace"), Users, Hasher, ct);

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        await dataSource.DisposeAsync();
        await database.DisposeAsync();
    }
}
