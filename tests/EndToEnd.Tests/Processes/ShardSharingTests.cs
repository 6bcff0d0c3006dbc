namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>Hosts that are processes of their own share the projections' shards, and those of one that dies or hangs move.</summary>
public sealed class ShardSharingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasSignals => !OperatingSystem.IsWindows();

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task Two_and_three_hosts_share_the_shards_and_those_of_a_killed_one_move_within_15_seconds()
    {
        using var folder = new HostFolder();
        await using var one = await HostProcess.Start(folder);
        await using var two = await HostProcess.Start(folder);
        await using var placement = await Placement.Of(folder);
        await placement.Shared(Patience, one, two);
        await using var three = await HostProcess.Start(folder);
        await placement.Shared(Patience, one, two, three);
        var account = await Bank.Open(two.Client);
        var id = await placement.OwnerOf("demo");
        var owner = new[] { one, two, three }.Single(host => host.Id == id);
        HostProcess[] left = [.. new[] { one, two, three }.Where(host => host != owner)];
        await account.ViewAt(left[0].Client, 1);

        await owner.Kill();
        await placement.Shared(TimeSpan.FromSeconds(15), left);
        var version = await account.Deposit(left[0].Client);

        Assert.Equal(version - 1, (await account.ViewAt(left[1].Client, version, withStatement: true))["balance"]!.GetValue<decimal>());
    }

    [Fact(SkipUnless = nameof(HasSignals), Skip = "Needs signals.")]
    public async Task A_host_that_is_suspended_loses_its_shards_and_writes_nothing_when_it_wakes()
    {
        using var folder = new HostFolder();
        await using var one = await HostProcess.Start(folder);
        await using var two = await HostProcess.Start(folder);
        await using var placement = await Placement.Of(folder);
        await placement.Shared(Patience, one, two);
        var (owner, other) = await placement.OwnerOf("demo") == one.Id ? (one, two) : (two, one);
        var account = await Bank.Open(other.Client);
        await account.ViewAt(other.Client, 1);

        // Deposits go on through all of it, so that the owner is in the middle of a batch when it stands still, and finds new ones when it wakes.
        using var enough = new CancellationTokenSource();
        var deposits = Deposit(account, other.Client, enough.Token);
        owner.Suspend();
        await placement.Shared(Patience, other);
        owner.Resume();
        await placement.Shared(Patience, one, two);
        await enough.CancelAsync();
        var version = await deposits;

        var view = await account.ViewAt(other.Client, version, withStatement: true);
        Assert.Equal((version, version - 1), (view["version"]!.GetValue<long>(), view["balance"]!.GetValue<decimal>()));
    }

    private static async Task<long> Deposit(Bank account, HttpClient client, CancellationToken enough)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var version = 1L;
        while (!enough.IsCancellationRequested)
        {
            version = await account.Deposit(client);
            await pace.WaitForNextTickAsync(Ct);
        }

        return version;
    }
}
