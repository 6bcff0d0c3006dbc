using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EndToEnd.Tests.Commands;

/// <summary>What operators do to messages from a shell.</summary>
public sealed class MessagesTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dead_messages_are_listed_retried_and_discarded()
    {
        await using var database = await StoreOfModules.CreateMigrated(postgres, Ct);
        Assert.Equal("No message is dead.", (await Run("dead")).ShouldEnd(0).Output.Trim());
        var (retried, discarded) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        foreach (var id in new[] { retried, discarded })
        {
            await database.DataSource.Execute(
                $"""
                insert into wolverine.wolverine_dead_letters (id, body, message_type, source, exception_type, exception_message, received_at, replayable, sent_at)
                values ('{id}', decode('{Body(id)}', 'hex'), 'users.user_registered', 'Monolith', 'System.InvalidOperationException', 'No luck.', 'local://accounts/', false, now())
                """,
                Ct);
        }

        var dead = (await Run("dead", "--json", "--type", "users.user_registered")).ShouldEnd(1).Json.AsArray();
        Assert.Equal([retried, discarded], dead.Select(one => one!["id"]!.GetValue<Guid>()));
        Assert.Equal("System.InvalidOperationException: No luck.", dead[0]!["error"]!.ToString());
        Assert.Contains("users.user_registered", (await Run("dead")).ShouldEnd(1).Output, StringComparison.Ordinal);

        Assert.Equal(1, (await Run("retry", retried.ToString(), "--json")).ShouldEnd(0).Json["messages"]!.GetValue<int>());
        Assert.True(await database.DataSource.Scalar<bool>($"select replayable from wolverine.wolverine_dead_letters where id = '{retried}'", Ct));
        Assert.Contains("1 messages are discarded.", (await Run("discard", "--type", "users.user_registered")).ShouldEnd(0).Output, StringComparison.Ordinal);
        (await Run("discard", discarded.ToString())).ShouldEnd(1);
        (await Run("dead")).ShouldEnd(0);

        (await Run("retry")).ShouldFail("an id, --type or --all");
        (await Run("retry", "seven")).ShouldFail("'seven' is not the id of a message");
        (await Run("dead", "--page", "0")).ShouldFail("--page");

        Task<HostCommand> Run(params string[] words) => HostCommand.Run(database.ConnectionString, ["messages", .. words]);
    }

    private static string Body(Guid id) => Convert.ToHexString(Wolverine.Runtime.Serialization.EnvelopeSerializer.Serialize(
        new Wolverine.Envelope { Id = id, MessageType = "users.user_registered", Data = "{}"u8.ToArray(), Destination = new("local://accounts/"), TenantId = "acme" }));
}
