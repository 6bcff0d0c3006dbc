using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Monolith.EndToEnd.Tests.Deployment;
using Monolith.Testing;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>What is shipped, as compose.yaml runs it: two published hosts in Production behind a proxy, on a database with the two roles that was migrated before.</summary>
public sealed class RollingRestartTests(PostgresFixture postgres)
{
    private const int Writers = 4;
    private const int MostTries = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasSignals => !OperatingSystem.IsWindows();

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task Two_hosts_that_are_restarted_one_after_the_other_under_load_lose_nothing_that_was_acknowledged_and_fail_nothing_that_is_repeated()
    {
        await using var deployed = await Deployed.Create(postgres);
        (await deployed.Run("migrate", [.. ComposeFile.List(ComposeFile.Services["migrate"], "command")])).ShouldEnd(0);
        (await deployed.Run("migrate", "tenants", "add", "demo")).ShouldEnd(0);
        await using var one = await Begin(deployed);
        await using var other = await Begin(deployed);
        await using var proxy = await Proxy.StartEither(AddressOf(one), AddressOf(other));
        TestContext.Current.TestOutputHelper?.WriteLine($"The proxy is {proxy.GetType().Name}.");

        using var client = proxy.NewClient();
        client.DefaultRequestHeaders.Authorization = deployed.Authority.Bearer();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var acknowledged = new SemaphoreSlim(0);
        var writers = new List<Task<(Bank Account, long Version)>>();
        for (var i = 0; i < Writers; i++)
        {
            writers.Add(Deposit(client, await Bank.Open(client), acknowledged, enough.Token));
        }

        await Acknowledgements(acknowledged);
        await Stop(one, deployed);
        await Acknowledgements(acknowledged);
        await using var oneAgain = await Begin(deployed);
        await proxy.Use(AddressOf(oneAgain), AddressOf(other));
        await Acknowledgements(acknowledged);
        await Stop(other, deployed);
        await Acknowledgements(acknowledged);
        await using var otherAgain = await Begin(deployed);
        await proxy.Use(AddressOf(oneAgain), AddressOf(otherAgain));
        await Acknowledgements(acknowledged);

        await enough.CancelAsync();
        foreach (var (account, version) in await Task.WhenAll(writers))
        {
            var view = await account.ViewAt(client, version, withStatement: true);

            // Each event after the opening put in 1, and each was acknowledged.
            Assert.Equal(version, view["version"]!.GetValue<long>());
            Assert.Equal(version - 1, view["balance"]!.GetValue<decimal>());
        }

        Assert.All((HostProcess[])[one, other], host => Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal));
    }

    private static Uri AddressOf(HostProcess host) => host.Client.BaseAddress!;

    private static Task<HostProcess> Begin(Deployed deployed) => deployed.Start("host", ("Shutdown__ReadinessOffFor", "00:00:01"));

    // It says first that it is not ready, while it is still there, and has given back every projection when it is gone.
    private static async Task Stop(HostProcess host, Deployed deployed)
    {
        var stopped = host.Stop();
        await Until(async () =>
        {
            using var ready = await host.Client.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct);
            return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
        });
        Assert.Equal(0, await stopped);
        await using var owned = deployed.Database.Superuser.CreateCommand($"select count(*) from eventstore.projection_checkpoints where split_part(owner, ':', 2) = '{host.Id}'");
        Assert.Equal(0L, await owned.ExecuteScalarAsync(Ct));
    }

    // Names the version that it requires, so that it may repeat what was not answered: what was stored after all is refused with 412, and counts.
    private static async Task<(Bank Account, long Version)> Deposit(HttpClient client, Bank account, SemaphoreSlim acknowledged, CancellationToken enough)
    {
        var version = 1L;
        while (!enough.IsCancellationRequested)
        {
            version = await Deposit(client, account, version);
            acknowledged.Release();
        }

        return (account, version);
    }

    private static async Task<long> Deposit(HttpClient client, Bank account, long version)
    {
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var tries = 1; tries <= MostTries; tries++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{account.Path}/deposits") { Content = JsonContent.Create(new { amount = 1 }) };
            request.Headers.TryAddWithoutValidation("If-Match", string.Create(CultureInfo.InvariantCulture, $"\"{version}\""));
            using var answer = await client.SendAsync(request, Ct);
            switch (answer.StatusCode)
            {
                case HttpStatusCode.OK:
                    Assert.Equal($"\"{version + 1}\"", answer.Headers.ETag!.Tag);
                    return version + 1;
                case HttpStatusCode.PreconditionFailed when tries > 1:
                    return version + 1;
                default:
                    Assert.True(answer.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode} at try {tries}");
                    await again.WaitForNextTickAsync(Ct);
                    break;
            }
        }

        throw new TimeoutException($"{MostTries} tries of one deposit have failed.");
    }

    private static async Task Acknowledgements(SemaphoreSlim acknowledged)
    {
        for (var i = 0; i < Writers * 10; i++)
        {
            Assert.True(await acknowledged.WaitAsync(Patience, Ct), "nothing was acknowledged any more");
        }
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            await again.WaitForNextTickAsync(deadline.Token);
        }
    }
}
