using Monolith.Accounts.Domain;
using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EndToEnd.Tests.Commands;

public sealed class StreamsTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_snapshots_of_a_type_are_rebuilt_with_progress_on_the_error_output()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var store = StoreOfModules.Open(database.DataSource);
        await store.Tenants.Add("acme", ct: Ct);
        await store.Tenants.Add("hooli", ct: Ct);
        var account = await store.AddAccount("acme", events: 210, Ct);
        await store.AddAccount("hooli", events: 120, Ct);
        await store.DrainSnapshots(Ct);
        await database.DataSource.Execute("delete from eventstore.snapshots", Ct);

        var one = (await Run("account", "--tenant", "hooli")).ShouldEnd(0);
        Assert.Equal("1 of 1 tenants, 1 streams, 1 snapshots written, 0 streams that cannot be folded", one.Output.Trim());
        Assert.Contains("tenants, ", one.Errors, StringComparison.Ordinal);
        var all = (await Run("account", "--json")).ShouldEnd(0);
        Assert.Equal((2, 0), (all.Json["snapshots"]!.GetValue<int>(), all.Json["failed"]!.GetValue<int>()));
        Assert.Equal("", all.Errors);
        Assert.Equal(200, (await store.Load<AccountState>(account, ct: Ct)).SnapshotVersion);

        (await Run("nothing")).ShouldFail("'nothing' is not a registered aggregate type");
        (await Run("account", "--tenant", "nobody")).ShouldFail("'nobody'");
        (await Run()).ShouldEnd(2);

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, ["snapshots", "rebuild", .. words]);
    }

    // What a terminal is sent before something is drawn on it again and again, however soon that is over.
    private const string HiddenCursor = "\u001b[?25l";

    [Fact(SkipUnless = nameof(HostCommand.HasTerminal), SkipType = typeof(HostCommand), Skip = "There is no /usr/bin/script to make a terminal.")]
    public async Task On_a_terminal_something_moves_while_a_command_takes_long()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var store = StoreOfModules.Open(database.DataSource);
        await store.Tenants.Add("acme", ct: Ct);

        var rebuilt = (await HostCommand.RunOnTerminal(database.ConnectionString, "snapshots", "rebuild", "account")).ShouldEnd(0).Output;
        Assert.Contains(HiddenCursor, rebuilt, StringComparison.Ordinal);
        Assert.Contains("1 of 1 tenants", rebuilt, StringComparison.Ordinal);
        var moved = (await HostCommand.RunOnTerminal(database.ConnectionString, "tenants", "move", "acme", "dedicated")).ShouldEnd(0).Output;
        Assert.Contains("Moving the tenant acme", moved, StringComparison.Ordinal);
        Assert.Contains("The tenant acme lies in tenant_1.", moved, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_stream_that_cannot_be_folded_makes_the_exit_code_1()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var store = StoreOfModules.Open(database.DataSource);
        await store.Tenants.Add("acme", ct: Ct);
        await store.AddAccount("acme", events: 110, Ct);
        await store.DrainSnapshots(Ct);
        await database.DataSource.Execute(
            "set eventstore.maintenance = 'on'; delete from eventstore.snapshots; update eventstore.events set event_type = 'account.unheard_of' where version = 7", Ct);

        var rebuilt = (await HostCommand.Run(database.ConnectionString, "snapshots", "rebuild", "account", "--json")).ShouldEnd(1);

        Assert.Equal(1, rebuilt.Json["failed"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_stream_is_archived_and_restored()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        await using var store = StoreOfModules.Open(database.DataSource);
        await store.Tenants.Add("acme", ct: Ct);
        var account = await store.AddAccount("acme", events: 3, Ct);
        string[] stream = ["acme", "account", account.AggregateId.ToString()];

        (await Run(["archive", .. stream, "--version", "2"])).ShouldFail("version");
        Assert.False((await store.Load<AccountState>(account, ct: Ct)).IsArchived);
        Assert.Equal("Archived.", (await Run(["archive", .. stream, "--version", "3"])).ShouldEnd(0).Output.Trim());
        Assert.True((await store.Load<AccountState>(account, ct: Ct)).IsArchived);
        Assert.False((await Run(["archive", .. stream, "--json"])).ShouldEnd(0).Json["isChanged"]!.GetValue<bool>());
        Assert.Equal("Restored.", (await Run(["restore", .. stream])).ShouldEnd(0).Output.Trim());
        Assert.Equal("It was not archived.", (await Run(["restore", .. stream])).ShouldEnd(0).Output.Trim());
        Assert.False((await store.Load<AccountState>(account, ct: Ct)).IsArchived);

        (await Run("archive", "acme", "account", Guid.Empty.ToString())).ShouldFail("account");
        (await Run("restore", "acme", "nothing", account.AggregateId.ToString())).ShouldFail("'nothing' is not a registered aggregate type");
        (await Run("archive", "acme", "account", "not-an-id")).ShouldFail("'not-an-id' is not the id");

        (await Run(["archive", .. stream, "--version", "three"])).ShouldEnd(2);

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, words);
    }
}
