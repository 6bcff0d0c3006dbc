using Monolith.EventStore;
using Xunit;

namespace Monolith.Testing.Conformance;

/// <summary>
/// What an event store must do, as tests. Derive a class from each group in a test project that has a <see cref="PostgresFixture"/>; override
/// <see cref="Configure"/> to hold the store to the same under other options. The server's user must be a superuser: some of the tests break things.
/// </summary>
public abstract class ConformanceTests : IDisposable
{
    private readonly PostgresFixture postgres;
    private readonly Lazy<CancellationTokenSource> deadline;

    /// <summary>Tests on databases of the fixture's server.</summary>
    protected ConformanceTests(PostgresFixture postgres)
    {
        this.postgres = postgres;
        deadline = new(() =>
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Deadline);
            return source;
        });
    }

    /// <summary>Cancelled when the test is, or has run for too long.</summary>
    protected CancellationToken Ct => deadline.Value.Token;

    /// <summary>Longer than any test takes on a busy machine: a test that waits for what never comes fails then.</summary>
    protected virtual TimeSpan Deadline => TimeSpan.FromMinutes(2);

    /// <summary>Whether the stores of this class run under a role that may do what the migration grants it, and not as the owner of the database.</summary>
    protected virtual bool UnderApplicationRole => false;

    /// <summary>Sets the options of every store of this class.</summary>
    protected virtual void Configure(EventStoreOptions options)
    {
    }

    /// <summary>A migrated store with four tenants and a database of its own.</summary>
    protected async Task<ConformanceStore> NewStore(StoreSetup? setup = null) => await ConformanceStore.Create(postgres, await Configured(setup), Ct);

    /// <summary>The same, for hosts that run projections on it.</summary>
    protected async Task<ProjectionHosts> NewHosts(StoreSetup? setup = null)
    {
        var hosts = new ProjectionHosts(await NewStore(setup), Ct);
        await hosts.PrepareForRole();
        return hosts;
    }

    /// <summary>An empty database.</summary>
    protected Task<TestDatabase> NewDatabase() => postgres.CreateDatabase(Ct);

    /// <summary>
    /// The result of a call that is repeated for as long as it fails transiently: a pool may still hold connections that have broken, and on a busy machine a call with
    /// little time fails for want of it.
    /// </summary>
    protected async Task<T> Repeated<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (EventStoreUnavailableException unavailable) when (unavailable.IsTransient)
            {
                Ct.ThrowIfCancellationRequested();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (deadline.IsValueCreated)
        {
            deadline.Value.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    private async Task<StoreSetup> Configured(StoreSetup? setup)
    {
        setup ??= new();
        var role = UnderApplicationRole ? await postgres.Role("application", Ct) : null;
        return setup with { Configure = Configure + setup.Configure, Role = role };
    }
}
