using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Users.Features;
using Npgsql;
using Xunit;

namespace Monolith.Users.Tests.Features;

public sealed class PasswordTests(PostgresFixture postgres)
{
    private const string Secret = "correct horse battery";
    private const string OtherSecret = "staple correct horse";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_store_holds_a_hash_and_no_password()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();

        var created = await users.Create("ada", Secret, Ct);
        await ChangePassword(users, created.Id, Secret, OtherSecret);

        var stored = await StoredText(users.DataSource);
        Assert.DoesNotContain(Secret, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(OtherSecret, stored, StringComparison.Ordinal);
        Assert.Contains("passwordHash", stored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_current_password_is_the_one_last_set()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var created = await users.Create("ada", Secret, Ct);

        await ChangePassword(users, created.Id, Secret, OtherSecret);
        var refused = await Assert.ThrowsAsync<RejectedException>(() => ChangePassword(users, created.Id, Secret, OtherSecret));
        var saved = await ChangePassword(users, created.Id, OtherSecret, Secret);

        Assert.Equal("wrong_password", refused.Code);
        Assert.Equal(3, saved.Version);
    }

    [Fact]
    public async Task Two_users_with_the_same_password_have_different_hashes()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();

        var ada = await users.Users.Load((await users.Create("ada", Secret, Ct)).Id, ct: Ct);
        var bob = await users.Users.Load((await users.Create("bob", Secret, Ct)).Id, ct: Ct);

        Assert.NotEqual(ada.State.PasswordHash, bob.State.PasswordHash);
    }

    [Fact]
    public void Commands_with_passwords_show_only_a_mask() => Assert.All(
        [
            new CreateUser(Guid.Empty, "ada@example.com", "ada", new(Secret), "", ""),
            new ChangePassword(Guid.Empty, new(Secret), new(OtherSecret), null),
        ],
        (object command) =>
        {
            Assert.DoesNotContain(Secret, command.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(OtherSecret, command.ToString(), StringComparison.Ordinal);
        });

    [Fact]
    public void What_is_wrong_with_a_password_is_told_without_showing_it()
    {
        var result = new CreateUserValidator().Validate(new CreateUser(Guid.Empty, "ada@example.com", "ada", new("secret"), "", ""));

        Assert.DoesNotContain("secret", string.Join(' ', result.Errors.Select(error => $"{error} {error.AttemptedValue}")), StringComparison.Ordinal);
    }

    private static Task<Saved> ChangePassword(UsersOnPostgres users, Guid id, string current, string next) => ChangePasswordHandler.Handle(
        new(id, new(current), new(next), RequiredVersion: null), users.Users, UsersOnPostgres.Hasher, Ct);

    private static async Task<string> StoredText(NpgsqlDataSource dataSource)
    {
        await using var command = dataSource.CreateCommand("select string_agg(data::text || metadata::text, ' ') from eventstore.events");
        return (string)(await command.ExecuteScalarAsync(Ct))!;
    }
}
