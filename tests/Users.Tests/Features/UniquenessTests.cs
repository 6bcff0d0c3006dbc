using Monolith.EventSourcing;
using Monolith.Testing;
using Monolith.Users.Features;
using Xunit;

namespace Monolith.Users.Tests.Features;

public sealed class UniquenessTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_taken_email_address_or_username_is_refused_whatever_the_case()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        await Create(users, "ada@example.com", "ada");

        var email = await Assert.ThrowsAsync<ClaimTakenException>(() => Create(users, "ADA@Example.com", "bob"));
        var username = await Assert.ThrowsAsync<ClaimTakenException>(() => Create(users, "bob@example.com", "Ada"));

        Assert.Equal(("email_taken", "username_taken"), (email.Code, username.Code));
    }

    [Fact]
    public async Task Of_users_created_at_once_with_one_email_address_exactly_one_is_made()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();

        var codes = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(async () =>
        {
            try
            {
                await Create(users, "ada@example.com", $"ada{i}");
                return "created";
            }
            catch (ClaimTakenException taken)
            {
                return taken.Code;
            }
        })));

        Assert.Equal(["created", .. Enumerable.Repeat("email_taken", 9)], codes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_a_user_gives_up_can_be_taken()
    {
        await using var users = await UsersOnPostgres.Start(postgres, Ct);
        using var operation = UsersOnPostgres.Operation.Begin();
        var ada = await Create(users, "ada@example.com", "ada");

        await ChangeEmailHandler.Handle(new(ada.Id, "ada@lovelace.org", RequiredVersion: null), users.Users, Ct);
        await Create(users, "ada@example.com", "bob");
        await DeleteUserHandler.Handle(new(ada.Id, RequiredVersion: null), users.Users, Ct);
        var again = await Create(users, "ada@lovelace.org", "ada");

        Assert.Equal(1, again.Version);
    }

    private static Task<Saved> Create(UsersOnPostgres users, string email, string username) => CreateUserHandler.Handle(
        new(Guid.CreateVersion7(), email, username, new("correct horse battery"), "", ""), users.Users, UsersOnPostgres.Hasher, Ct);
}
