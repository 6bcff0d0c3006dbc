using System.Globalization;

namespace Monolith.EndToEnd.Tests;

[Collection(RunningHostCollection.Name)]
public sealed class UserTests(RunningHost host)
{
    [Fact]
    public async Task A_user_is_created_and_found_by_id_email_and_username()
    {
        var name = Requests.UniqueName();
        var created = await host.Projected(
            (await host.Post("/api/users", new { email = $"{name}@Example.com", username = name, password = Requests.Password, firstName = "Ada", lastName = "Lovelace" }))
            .ShouldBe(201, version: 1));
        var path = created["Location"]!;
        Assert.Equal($"/api/users/{created.Json["id"]}", path);
        Assert.Equal(created.Position, created.Json["position"]!.GetValue<long>());

        foreach (var way in new[] { path, $"/api/users?email={name}@example.COM", $"/api/users?username={name.ToUpperInvariant()}" })
        {
            var found = (await host.Get(way)).ShouldBe(200, version: 1);
            Assert.Equal((name, "Ada", true), (found.Json["username"]!.ToString(), found.Json["firstName"]!.ToString(), found.Json["isActive"]!.GetValue<bool>()));
            Assert.DoesNotContain("assword", found.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Email_profile_and_state_of_a_user_change()
    {
        var user = await host.NewUser();
        var email = $"{Requests.UniqueName()}@example.com";
        (await host.Put($"{user}/email", new { email })).ShouldBe(200, version: 2);
        (await host.Put($"{user}/profile", new { firstName = "Augusta", lastName = "King", avatarUrl = "https://example.com/a.png" })).ShouldBe(200, version: 3);
        await host.Projected((await host.Post($"{user}/deactivate")).ShouldBe(200, version: 4));

        var view = (await host.Get(user)).ShouldBe(200, version: 4).Json;
        Assert.Equal(email, view["email"]!.ToString());
        Assert.Equal("King", view["lastName"]!.ToString());
        Assert.Equal("https://example.com/a.png", view["avatarUrl"]!.ToString());
        Assert.False(view["isActive"]!.GetValue<bool>());

        (await host.Put($"{user}/email", new { email = $"x{email}" })).ShouldBeProblem(409, "user_inactive");
        (await host.Post($"{user}/activate")).ShouldBe(200, version: 5);
    }

    [Fact]
    public async Task A_password_is_changed_with_the_current_one_only_and_never_shown()
    {
        var user = await host.NewUser();
        (await host.Put($"{user}/password", new { currentPassword = "not the right one", newPassword = "staple correct horse" })).ShouldBeProblem(409, "wrong_password");
        (await host.Put($"{user}/password", new { currentPassword = Requests.Password, newPassword = "staple correct horse" })).ShouldBe(200, version: 2);

        var history = (await host.Get($"{user}/history")).ShouldBe(200);
        Assert.Equal(["user.password_changed", "user.created"], history.Json["items"]!.Names("what"));
        Assert.DoesNotContain("hash", history.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("horse", history.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_history_says_who_when_and_what()
    {
        var user = await host.NewUser();
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        (await host.Put($"{user}/profile", new { firstName = "Grace" }, "demo", Tokens.Header("demo", "admin-7"))).ShouldBe(200);

        var newest = (await host.Get($"{user}/history?pageSize=1")).ShouldBe(200).Json;
        var entry = Assert.Single(newest["items"]!.AsArray())!;
        Assert.Equal(("admin-7", "user.profile_updated", "Grace"), (entry["by"]!.ToString(), entry["what"]!.ToString(), entry["values"]!["firstName"]!.ToString()));
        Assert.InRange(entry["at"]!.GetValue<DateTimeOffset>(), before, DateTimeOffset.UtcNow.AddMinutes(1));

        var older = (await host.Get(newest["next"]!.ToString())).ShouldBe(200).Json;
        Assert.Equal(["user.created"], older["items"]!.Names("what"));
    }

    [Fact]
    public async Task A_user_is_shown_as_of_a_version_and_as_of_a_time()
    {
        var name = Requests.UniqueName();
        var user = await host.NewUser(name);
        (await host.Put($"{user}/email", new { email = $"second-{name}@example.com" })).ShouldBe(200);
        var entries = (await host.Get($"{user}/history")).Json["items"]!.AsArray();
        var then = entries[1]!["at"]!.GetValue<DateTimeOffset>();

        Assert.Equal($"{name}@example.com", (await host.Get($"{user}?version=1")).ShouldBe(200, version: 1).Json["email"]!.ToString());
        Assert.Equal($"second-{name}@example.com", (await host.Get($"{user}?version=2")).ShouldBe(200, version: 2).Json["email"]!.ToString());
        var at = Uri.EscapeDataString(then.ToString("O", CultureInfo.InvariantCulture));
        Assert.Equal($"{name}@example.com", (await host.Get($"{user}?at={at}")).ShouldBe(200, version: 1).Json["email"]!.ToString());

        (await host.Get($"{user}?version=3")).ShouldBeProblem(404, "not_found");
        (await host.Get($"{user}?at=2001-01-01T00:00:00Z")).ShouldBeProblem(404, "not_found");
        (await host.Get($"{user}?version=0")).ShouldBeProblem(400, "invalid");
        (await host.Get($"{user}?at=yesterday")).ShouldBeProblem(400, "invalid");
    }

    [Fact]
    public async Task A_deleted_user_is_found_no_more_but_keeps_the_history_and_frees_the_email()
    {
        var name = Requests.UniqueName();
        var user = await host.NewUser(name);
        var deleted = await host.Projected((await host.Delete(user)).ShouldBe(204, version: 2));
        Assert.Equal("", deleted.Text);

        (await host.Get(user)).ShouldBeProblem(404, "not_found");
        (await host.Get($"/api/users?email={name}@example.com")).ShouldBeProblem(404, "not_found");
        (await host.Put($"{user}/profile", new { firstName = "Nobody" })).ShouldBeProblem(409, "user_deleted");
        Assert.Equal(["user.deleted", "user.created"], (await host.Get($"{user}/history")).Json["items"]!.Names("what"));
        await host.NewUser(name);
    }

    [Fact]
    public async Task Users_are_listed_by_page_and_by_search()
    {
        var common = Requests.UniqueName();
        foreach (var number in new[] { "1", "2", "3" })
        {
            await host.NewUser(common + number);
        }

        var first = (await host.Get($"/api/users?search={common}&pageSize=2")).ShouldBe(200).Json;
        Assert.Equal((3, 2), (first["total"]!.GetValue<int>(), first["items"]!.AsArray().Count));
        var second = (await host.Get(first["next"]!.ToString())).ShouldBe(200).Json;
        Assert.Equal([common + "1", common + "2", common + "3"], first["items"]!.Names("username").Concat(second["items"]!.Names("username")));
        Assert.Null(second["next"]);

        (await host.Get("/api/users?pageSize=101")).ShouldBeProblem(400, "invalid");
        (await host.Get("/api/users?page=0")).ShouldBeProblem(400, "invalid");
    }

    [Fact]
    public async Task An_email_and_a_username_belong_to_one_user_of_a_tenant()
    {
        var name = Requests.UniqueName();
        await host.NewUser(name);
        (await host.Post("/api/users", new { email = $"{name}@EXAMPLE.com", username = name + "x", password = Requests.Password })).ShouldBeProblem(409, "email_taken");
        (await host.Post("/api/users", new { email = $"x{name}@example.com", username = name, password = Requests.Password })).ShouldBeProblem(409, "username_taken");

        var other = await host.NewUser();
        (await host.Put($"{other}/email", new { email = $"{name}@example.com" })).ShouldBeProblem(409, "email_taken");
        await host.NewUser(name, "acme");
    }

    [Fact]
    public async Task Two_hundred_requests_at_once_for_twenty_emails_create_twenty_users()
    {
        var run = Requests.UniqueName();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
            host.Post("/api/users", new { email = $"{run}-{i % 20}@example.com", username = $"{run}{i}", password = Requests.Password })));

        var created = answers.Where(answer => answer.Status == 201).ToList();
        Assert.Equal(20, created.Count);
        foreach (var refused in answers.Where(answer => answer.Status != 201))
        {
            refused.ShouldBeProblem(409, "email_taken");
        }

        await host.Projected(created.MaxBy(answer => answer.Position)!);
        var found = (await host.Get($"/api/users?search={run}&pageSize=100")).ShouldBe(200).Json;
        Assert.Equal(20, found["total"]!.GetValue<int>());
        Assert.Equal(20, found["items"]!.Names("email").Distinct(StringComparer.Ordinal).Count());
    }
}
