using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Monolith.Testing;
using Monolith.Testing.Conformance;
using Monolith.Webhooks.Tests.Hosts;
using StandardWebhooks;
using StandardWebhooks.Diagnostics;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>What a host process tells outside, verified by a library that is not ours.</summary>
public sealed class WebhookProcessTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Receiver receiver = new();
    private TestDatabase? database;
    private HostProcess? host;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private HttpClient Client => host!.Client;

    public async ValueTask InitializeAsync()
    {
        await receiver.Start();
        database = await postgres.CreateDatabase(Ct);
        host = await HostProcess.Start("Development", $"--ConnectionStrings:Monolith={database.ConnectionString}", "--Webhooks:AllowPrivateTargets=true");
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        await receiver.DisposeAsync();
        await database!.DisposeAsync();
    }

    [Fact]
    public async Task An_account_is_opened_money_is_deposited_and_transferred_and_the_statement_and_verified_webhooks_tell_of_it()
    {
        var (_, secret) = await Client.RegisterEndpoint(receiver.Port, "accounts.*");
        var (from, to) = (await Client.OpenAccount(100m), await Client.OpenAccount(0m));
        using var requested = await Client.Post("/api/accounts/transfers", new { from, to, amount = 30.50m, reference = "rent" });
        await Transfers.Ended(Client, Patience);
        var told = await receiver.Got("/hooks", 7);

        Assert.Equal("completed", (await Client.Get(requested.Headers.Location!.ToString()))["status"]!.ToString());
        var last = await database!.DataSource.Scalar<long>("select max(position) from eventstore.events", Ct);
        Assert.Equal((69.50m, 30.50m), (await Client.Balance(from, last), await Client.Balance(to, last)));
        var movement = (await Client.Get($"/api/accounts/{to}/statement"))["items"]![0]!;
        Assert.Equal((30.50m, "rent", from), ((decimal)movement["balance"]!, movement["reference"]!.ToString(), movement["counterparty"]!.ToString()));

        Assert.All(told, request => Verify(request, secret));
        Assert.Equal(
            [
                "accounts.account_opened", "accounts.account_opened", "accounts.money_deposited", "accounts.money_received", "accounts.money_sent",
                "accounts.transfer_completed", "accounts.transfer_requested",
            ],
            told.Select(request => Body(request)["type"]!.ToString()).Order(StringComparer.Ordinal));
        var received = Body(told.Single(request => Body(request)["type"]!.ToString() == "accounts.money_received"));
        Assert.Equal((to, 2L), (received["subject"]!["id"]!.ToString(), (long)received["sequence"]!));
        Assert.Equal((30.50m, 30.50m, "rent", from), (
            (decimal)received["data"]!["amount"]!, (decimal)received["data"]!["balance"]!, received["data"]!["reference"]!.ToString(), received["data"]!["from"]!.ToString()));

        // The library would refuse what is not signed, or not with this secret.
        Assert.Throws<WebhookVerificationException>(() => Verify(told[0] with { Body = told[0].Body.Replace("EUR", "USD", StringComparison.Ordinal) }, secret));
        Assert.Throws<WebhookVerificationException>(() => Verify(told[0] with { Id = told[1].Id }, secret));
        Assert.Throws<WebhookVerificationException>(() => Verify(told[0], "whsec_" + Convert.ToBase64String(new byte[32])));
    }

    [Fact]
    public async Task During_a_rotation_both_secrets_verify_a_webhook_and_after_the_next_one_the_first_verifies_none()
    {
        var (place, first) = await Client.RegisterEndpoint(receiver.Port, "accounts.account_opened");
        var second = await Rotate(place);
        await Client.OpenAccount(0m);
        var between = (await receiver.Got("/hooks", 1))[0];
        var third = await Rotate(place);
        await Client.OpenAccount(0m);
        var after = (await receiver.Got("/hooks", 2))[1];

        Assert.Equal([second, first], Verifying(between, first, second, third));
        Assert.Equal([third, second], Verifying(after, first, second, third));
    }

    private static JsonNode Body(Receiver.Received request) => JsonNode.Parse(request.Body)!;

    private static void Verify(Receiver.Received request, string secret) => new StandardWebhook(secret).Verify(
        request.Body,
        new HeaderDictionary { ["webhook-id"] = request.Id, ["webhook-timestamp"] = request.Timestamp, ["webhook-signature"] = request.Signature });

    // The secrets that verify the signatures, in their order. The library is shown one signature at a time: of several it never looks at the last.
    private static IEnumerable<string> Verifying(Receiver.Received request, params string[] secrets) =>
        request.Signature.Split(' ').Select(signature => secrets.Single(secret => IsVerified(request with { Signature = signature }, secret)));

    private static bool IsVerified(Receiver.Received request, string secret)
    {
        try
        {
            Verify(request, secret);
            return true;
        }
        catch (WebhookVerificationException)
        {
            return false;
        }
    }

    private async Task<string> Rotate(string place)
    {
        using var rotated = await Client.Post($"{place}/secret");
        return (await rotated.Json())["secret"]!.ToString();
    }
}
