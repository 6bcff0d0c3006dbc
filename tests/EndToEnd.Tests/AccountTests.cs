namespace Monolith.EndToEnd.Tests;

[Collection(RunningHostCollection.Name)]
public sealed class AccountTests(RunningHost host)
{
    [Fact]
    public async Task Money_comes_and_goes_and_the_statement_tells()
    {
        var account = await host.NewAccount();
        (await host.Post($"{account}/deposits", """{"amount":100.10,"reference":"salary"}""")).ShouldBe(200, version: 2);
        await host.Projected((await host.Post($"{account}/withdrawals", """{"amount":30.05,"reference":"rent"}""")).ShouldBe(200, version: 3));

        var view = (await host.Get(account)).ShouldBe(200, version: 3).Json;
        Assert.Equal((70.05m, "EUR", "Ada Lovelace"), (view["balance"]!.GetValue<decimal>(), view["currency"]!.ToString(), view["holder"]!.ToString()));

        var statement = (await host.Get($"{account}/statement?pageSize=1")).ShouldBe(200).Json;
        Assert.Equal(["rent"], statement["items"]!.Names("reference"));
        var older = (await host.Get(statement["next"]!.ToString())).ShouldBe(200).Json;
        Assert.Equal(["salary"], older["items"]!.Names("reference"));
        Assert.Null(older["next"]);
    }

    [Fact]
    public async Task An_account_never_goes_below_zero_whoever_withdraws_at_once()
    {
        var account = await host.NewAccount();
        (await host.Post($"{account}/deposits", new { amount = 100, reference = "all there is" })).ShouldBe(200);
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => host.Post($"{account}/withdrawals", new { amount = 10, reference = "race" })));

        var paid = answers.Where(answer => answer.Status == 200).ToList();
        Assert.InRange(paid.Count, 1, 10);
        Assert.All(answers.Except(paid), refused => Assert.Contains(refused.ShouldBe(409).Json["code"]!.ToString(), new[] { "insufficient_funds", "concurrency_conflict" }));
        await host.Projected(paid.MaxBy(answer => answer.Position)!);
        Assert.Equal(100 - (paid.Count * 10), (await host.Get(account)).Json["balance"]!.GetValue<decimal>());
    }

    [Fact]
    public async Task An_empty_account_is_closed_for_good_and_stays_readable()
    {
        var account = await host.NewAccount();
        (await host.Post($"{account}/deposits", new { amount = 1 })).ShouldBe(200);
        (await host.Delete(account)).ShouldBeProblem(409, "balance_not_zero");
        (await host.Post($"{account}/withdrawals", new { amount = 1 })).ShouldBe(200);
        await host.Projected((await host.Delete(account)).ShouldBe(204, version: 4));

        (await host.Post($"{account}/deposits", new { amount = 1 })).ShouldBeProblem(409, "account_closed");
        (await host.Get(account)).ShouldBe(200, version: 4);
        (await host.Get($"{account}/statement")).ShouldBe(200);
    }

    [Theory]
    [InlineData("""{"holder":"","currency":"EUR"}""", "holder")]
    [InlineData("""{"holder":"Ada","currency":"XXX"}""", "currency")]
    [InlineData("""{"holder":"Ada"}""", "currency")]
    public async Task An_account_that_cannot_be_is_refused_field_by_field(string body, string field) =>
        Assert.NotNull((await host.Post("/api/accounts", body)).ShouldBeProblem(400, "invalid")["errors"]![field]);

    [Theory]
    [InlineData("""{"amount":0}""", 400, "invalid")]
    [InlineData("""{"amount":-1}""", 400, "invalid")]
    [InlineData("""{"amount":"1"}""", 400, "invalid")]
    [InlineData("""{"amount":1e40}""", 400, "invalid")]
    [InlineData("""{"amount":0.001}""", 409, "amount_too_fine")]
    public async Task An_amount_that_cannot_be_is_refused(string body, int status, string code)
    {
        var account = await host.NewAccount();
        (await host.Post($"{account}/deposits", body)).ShouldBeProblem(status, code);
        (await host.Post($"{account}/withdrawals", body)).ShouldBeProblem(status, code);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        var nowhere = $"/api/accounts/{Guid.CreateVersion7()}";
        (await host.Get(nowhere)).ShouldBeProblem(404, "not_found");
        (await host.Get($"{nowhere}/statement")).ShouldBeProblem(404, "not_found");
        (await host.Post($"{nowhere}/deposits", new { amount = 1 })).ShouldBeProblem(404, "not_found");
        (await host.Delete(nowhere)).ShouldBeProblem(404, "not_found");
    }
}
