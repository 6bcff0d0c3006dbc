using Monolith.Testing;
using Monolith.Users.Features;
using Monolith.Users.ReadModels;
using Xunit;

namespace Monolith.Users.Tests.Features;

public sealed class TimeTravelTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_is_shown_as_they_were_at_a_version()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var id = await AdaWhoMoved(users);

        var first = await AsOfVersion(users, id, 1);
        var second = await AsOfVersion(users, id, 2);

        Assert.Equal((1, "ada@example.com"), (first!.Version, first.Email));
        Assert.Equal((2, "ada@lovelace.org"), (second!.Version, second.Email));
    }

    [Fact]
    public async Task A_version_that_is_not_reached_is_not_found()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();

        Assert.Null(await AsOfVersion(users, await AdaWhoMoved(users), 3));
    }

    [Fact]
    public async Task A_user_is_shown_as_they_were_at_a_time()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var id = await AdaWhoMoved(users);
        var history = await History(users, new(id, Before: null, PageSize: 10));
        var created = history!.Items[^1].At;

        var then = await AsOfTime(users, id, created.ToOffset(TimeSpan.FromHours(5)));
        var before = await AsOfTime(users, id, created.AddSeconds(-1));

        Assert.Equal("ada@example.com", then!.Email);
        Assert.Null(before);
    }

    [Fact]
    public async Task A_deleted_user_is_found_only_before_the_deletion()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var id = await AdaWhoMoved(users);
        await DeleteUserHandler.Handle(new(id, RequiredVersion: null), users.Users, Ct);

        Assert.NotNull(await AsOfVersion(users, id, 2));
        Assert.Null(await AsOfVersion(users, id, 3));
    }

    [Fact]
    public async Task The_history_says_who_when_and_what_newest_first()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var history = await History(users, new(await AdaWhoMoved(users), Before: null, PageSize: 10));

        Assert.Equal([(2, "user.email_changed"), (1, "user.created")], history!.Items.Select(item => (item.Version, item.What)));
        Assert.All(history.Items, item => Assert.Equal("operator-1", item.By));
        Assert.Equal("ada@lovelace.org", history.Items[0].Values["email"]);
        Assert.True(history.Items[0].At >= history.Items[1].At);
    }

    [Fact]
    public async Task The_history_shows_no_hash()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var history = await History(users, new(await AdaWhoMoved(users), Before: null, PageSize: 10));

        Assert.DoesNotContain("password", string.Join(' ', history!.Items.SelectMany(item => item.Values.Keys)), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_history_is_read_a_page_at_a_time()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var id = await AdaWhoMoved(users);

        var newest = await History(users, new(id, Before: null, PageSize: 1));
        var older = await History(users, new(id, Before: 2, PageSize: 1));

        Assert.Equal(2, Assert.Single(newest!.Items).Version);
        Assert.Equal(1, Assert.Single(older!.Items).Version);
    }

    [Fact]
    public async Task An_unknown_user_has_no_history()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();

        Assert.Null(await History(users, new(Guid.CreateVersion7(), Before: null, PageSize: 10)));
    }

    private static async Task<Guid> AdaWhoMoved(UsersOnPostgres users)
    {
        var ada = await users.Create("ada", "correct horse battery", Ct);
        await ChangeEmailHandler.Handle(new(ada.Id, "ada@lovelace.org", RequiredVersion: 1), users.Users, Ct);
        return ada.Id;
    }

    private static Task<UserDetails?> AsOfVersion(UsersOnPostgres users, Guid id, long version) =>
        GetUserAsOfHandler.Handle(new(id, version, At: null), users.Users, Ct);

    private static Task<UserDetails?> AsOfTime(UsersOnPostgres users, Guid id, DateTimeOffset at) =>
        GetUserAsOfHandler.Handle(new(id, Version: null, at), users.Users, Ct);

    private static Task<UserHistory?> History(UsersOnPostgres users, GetHistory query) =>
        GetHistoryHandler.Handle(query, users.Store, UsersOnPostgres.Model, Ct);
}
