using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Users.Domain;
using Xunit;

namespace Monolith.Users.Tests.Domain;

public sealed class LongUserTests(PostgresFixture postgres)
{
    private const int Updates = 250;

    [Fact]
    public async Task Two_hundred_and_fifty_updates_leave_snapshots_at_100_and_200_and_a_load_reads_what_follows()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var users = await UsersOnPostgres.Start(postgres, ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var (id, _, _) = await users.Create("ada", "correct horse battery", ct);
        for (var update = 1; update <= Updates; update++)
        {
            var name = "Ada " + update;
            await users.Users.Update(id, user => user.UpdateProfile(name, "Lovelace", avatarUrl: null), ct: ct);
        }

        await users.Store.DrainSnapshots(ct);
        var loaded = await users.Store.Load<UserState>(new(UsersOnPostgres.Tenant, "user", id), AsOf.Now, ct);

        Assert.Equal([100, 200], await SnapshotsOf(users, id, ct));
        Assert.Equal((Updates + 1, 200, Updates + 1 - 200), (loaded.Version, loaded.SnapshotVersion, loaded.EventsRead));
        Assert.Equal("Ada 250", loaded.State.FirstName);
    }

    private static async Task<List<long>> SnapshotsOf(UsersOnPostgres users, Guid id, CancellationToken ct)
    {
        await using var command = users.DataSource.CreateCommand("select version from eventstore.snapshots where aggregate_id = $1 order by version");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var versions = new List<long>();
        while (await reader.ReadAsync(ct))
        {
            versions.Add(reader.GetInt64(0));
        }

        return versions;
    }
}
