using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventStore.Projections;

namespace Monolith.EndToEnd.Tests;

[Collection(RunningHostCollection.Name)]
public sealed class ReadYourWritesTests(RunningHost host)
{
    private const string Header = "Monolith-Position";

    [Fact]
    public async Task A_query_that_is_sent_the_position_of_a_write_sees_it()
    {
        for (var i = 0; i < 20; i++)
        {
            var name = Requests.UniqueName();
            var created = await host.Post("/api/users", new { email = $"{name}@example.com", username = name, password = Requests.Password });
            var after = (Header, created.ShouldBe(201, version: 1)[Header]!);

            (await host.Get(created["Location"]!, headers: after)).ShouldBe(200, version: 1);
            (await host.Get($"/api/users?username={name}", headers: after)).ShouldBe(200, version: 1);
        }
    }

    [Fact]
    public async Task A_statement_waits_for_both_of_its_read_models()
    {
        var account = await host.NewAccount();
        for (var deposit = 1; deposit <= 20; deposit++)
        {
            var paid = (await host.Post($"{account}/deposits", new { amount = 1, reference = "x" })).ShouldBe(200, version: deposit + 1);

            var statement = await host.Get($"{account}/statement", headers: (Header, paid[Header]!));

            Assert.Equal(deposit, statement.Json["items"]!.AsArray().Count(item => item!["amount"]!.GetValue<decimal>() == 1m));
        }
    }

    [Fact]
    public async Task A_position_that_is_not_reached_in_time_is_a_defined_answer()
    {
        var user = await host.NewUser();

        var answer = await host.Get(user, headers: (Header, long.MaxValue.ToString(CultureInfo.InvariantCulture)));

        answer.ShouldBeProblem(503, "read_model_behind");
        Assert.Equal("1", answer["Retry-After"]);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1,2")]
    public async Task A_malformed_position_is_refused(string position) =>
        (await host.Get($"/api/users/{Guid.NewGuid()}", headers: (Header, position))).ShouldBeProblem(400, "invalid");

    [Fact]
    public async Task While_a_projection_rests_its_queries_say_so_and_others_answer()
    {
        var operations = host.Services.GetRequiredService<ProjectionOperations>();
        var account = await host.NewAccount();
        Assert.True(await operations.Pause("accounts.statements", TestContext.Current.CancellationToken));
        try
        {
            var paid = await host.Post($"{account}/deposits", new { amount = 1, reference = "x" });
            var after = (Header, paid[Header]!);

            (await host.Get(account, headers: after)).ShouldBe(200, version: 2);
            Answer behind;
            do
            {
                // The hosts hear of the pause with their next heartbeat.
                paid = await host.Post($"{account}/deposits", new { amount = 1, reference = "x" });
                behind = await host.Get($"{account}/statement", headers: (Header, paid[Header]!));
            }
            while (behind.Status == 200);

            behind.ShouldBeProblem(503, "read_model_behind");
        }
        finally
        {
            Assert.True(await operations.Resume("accounts.statements", TestContext.Current.CancellationToken));
        }
    }
}
