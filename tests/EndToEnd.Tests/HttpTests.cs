using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;

namespace Monolith.EndToEnd.Tests;

[Collection(RunningHostCollection.Name)]
public sealed class HttpTests(RunningHost host)
{
    public static TheoryData<string, string> Writes => new()
    {
        { "PUT", "email" },
        { "PUT", "password" },
        { "PUT", "profile" },
        { "POST", "activate" },
        { "POST", "deactivate" },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task A_write_with_another_version_in_If_Match_changes_nothing(string method, string what)
    {
        var user = await host.NewUser();
        object? body = what switch
        {
            "email" => new { email = $"{Requests.UniqueName()}@example.com" },
            "password" => new { currentPassword = Requests.Password, newPassword = "staple correct horse" },
            "profile" => new { firstName = "Grace" },
            _ => null,
        };
        var send = (string ifMatch) => method == "PUT"
            ? host.Put($"{user}/{what}", body!, "demo", ("If-Match", ifMatch))
            : host.Post($"{user}/{what}", body, "demo", ("If-Match", ifMatch));

        (await send("\"2\"")).ShouldBeProblem(412, "version_mismatch");
        (await send("1")).ShouldBeProblem(400, "invalid");
        (await host.Get($"{user}?version=2")).ShouldBe(404);
        (await send("\"1\"")).ShouldBe(200);
    }

    [Fact]
    public async Task If_Match_guards_deletes_and_movements_too()
    {
        var user = await host.NewUser();
        (await host.Delete(user, "demo", ("If-Match", "\"9\""))).ShouldBeProblem(412, "version_mismatch");
        var account = await host.NewAccount();
        (await host.Post($"{account}/deposits", new { amount = 1 }, "demo", ("If-Match", "\"9\""))).ShouldBeProblem(412, "version_mismatch");
        (await host.Post($"{account}/withdrawals", new { amount = 1 }, "demo", ("If-Match", "\"9\""))).ShouldBeProblem(412, "version_mismatch");
        (await host.Delete(account, "demo", ("If-Match", "\"9\""))).ShouldBeProblem(412, "version_mismatch");
    }

    [Fact]
    public async Task Two_writers_with_the_same_version_do_not_overwrite_each_other()
    {
        var user = await host.NewUser();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            host.Put($"{user}/profile", new { firstName = $"Writer {i}" }, "demo", ("If-Match", "\"1\""))));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => answer.ShouldBeProblem(412, "version_mismatch"));
    }

    [Fact]
    public async Task A_reader_who_has_the_version_gets_304()
    {
        var user = await host.NewUser();
        (await host.Get(user, "demo", ("If-None-Match", "\"1\""))).ShouldBe(304, version: 1);
        (await host.Get(user, "demo", ("If-None-Match", "\"2\""))).ShouldBe(200, version: 1);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        var nobody = $"/api/users/{Guid.CreateVersion7()}";
        foreach (var path in new[] { nobody, $"{nobody}/history", $"{nobody}?version=1", "/api/users?username=nobody-at-all", "/api/users/not-an-id", "/api/nowhere" })
        {
            (await host.Get(path)).ShouldBeProblem(404, "not_found");
        }

        (await host.Put($"{nobody}/email", new { email = "nobody@example.com" })).ShouldBeProblem(404, "not_found");
        (await host.Post($"{nobody}/deactivate")).ShouldBeProblem(404, "not_found");
        (await host.Delete(nobody)).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task Another_tenant_sees_and_changes_nothing()
    {
        var user = await host.NewUser();
        (await host.Get(user, "acme")).ShouldBeProblem(404, "not_found");
        (await host.Get($"{user}/history", "acme")).ShouldBeProblem(404, "not_found");
        (await host.Get($"{user}?version=1", "acme")).ShouldBeProblem(404, "not_found");
        (await host.Put($"{user}/profile", new { firstName = "Mallory" }, "acme")).ShouldBeProblem(404, "not_found");
        (await host.Delete(user, "acme")).ShouldBeProblem(404, "not_found");
        (await host.Get(user)).ShouldBe(200, version: 1);

        (await host.Get(user, "unknown")).ShouldBeProblem(403, "unknown_tenant");
        using var nameless = new HttpRequestMessage(HttpMethod.Get, user);
        (await host.Send(nameless)).ShouldBeProblem(401, "unauthenticated");
    }

    [Theory]
    [InlineData("""{"email":"no address","username":"ada","password":"correct horse battery"}""", "email")]
    [InlineData("""{"email":"a@example.com","username":"a b","password":"correct horse battery"}""", "username")]
    [InlineData("""{"email":"a@example.com","username":"ada","password":"short"}""", "password")]
    [InlineData("""{"email":"a@example.com","username":"ada"}""", "password")]
    [InlineData("""{"email":"a@example.com","username":"ada","password":"correct horse battery","admin":true}""", "admin")]
    [InlineData("{\"email\":\"a@example.com\",\"username\":\"a\\u0000da\",\"password\":\"correct horse battery\"}", "username")]
    public async Task A_user_that_cannot_be_is_refused_field_by_field(string body, string field)
    {
        var problem = (await host.Post("/api/users", body)).ShouldBeProblem(400, "invalid");
        Assert.NotNull(problem["errors"]![field]);
        Assert.DoesNotContain("horse", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_refused_for_what_it_is()
    {
        (await host.Post("/api/users", "{")).ShouldBeProblem(400, "invalid");
        (await host.Post("/api/users", $$"""{"email":"{{new string('x', 1024 * 1024)}}"}""")).ShouldBeProblem(413, "too_large");
        using var text = new HttpRequestMessage(HttpMethod.Post, "/api/users") { Content = new StringContent("hello", Encoding.UTF8, "text/plain") };
        text.Headers.Authorization = Tokens.Bearer("demo");
        (await host.Send(text)).ShouldBeProblem(415, "unsupported_media_type");
        (await host.Delete("/api/users")).ShouldBeProblem(405, "method_not_allowed");
        (await host.Get("/api/users?email=a%00b")).ShouldBeProblem(400, "invalid");
    }

    [Fact]
    public async Task Every_event_names_its_command_also_one_that_other_modules_may_send()
    {
        var user = await host.NewUser();
        await host.Post($"{user}/deactivate");
        var id = Guid.Parse(user.Split('/')[^1]);
        var events = await host.Services.GetRequiredService<IEventStore>()
            .Read(new("demo", "user", id), StreamRange.All, TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["CreateUser", "DeactivateUser"], events.Select(envelope => envelope.Metadata.Command));
        Assert.All(events, envelope => Assert.NotNull(envelope.Metadata.CorrelationId));
    }
}
