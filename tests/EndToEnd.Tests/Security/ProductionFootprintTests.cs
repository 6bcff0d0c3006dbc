using System.Globalization;
using System.Net;
using System.Net.Http.Json;

namespace Monolith.EndToEnd.Tests.Security;

/// <summary>What a host costs in Production, where no code is compiled.</summary>
[Collection(ProductionHostCollection.Name)]
public sealed class ProductionFootprintTests(ProductionHost host)
{
    private const int Requests = 1000;
    private const long Megabyte = 1024 * 1024;
    private const long MostResidentBytes = 300 * Megabyte;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasProc => OperatingSystem.IsLinux();

    [Fact(SkipUnless = nameof(HasProc), Skip = "Needs /proc.")]
    public async Task After_a_thousand_requests_it_is_still_small()
    {
        using var client = new HttpClient { BaseAddress = host.Client.BaseAddress, DefaultRequestHeaders = { Authorization = host.Authority.Bearer() } };
        using var opened = await client.PostAsJsonAsync("/api/accounts", new { holder = "Ada", currency = "EUR" }, Ct);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        for (var request = 0; request < Requests / 2; request++)
        {
            using var deposit = await client.PostAsJsonAsync($"{opened.Headers.Location}/deposits", new { amount = 1 }, Ct);
            Assert.Equal(HttpStatusCode.OK, deposit.StatusCode);
            using var list = await client.GetAsync(new Uri("/api/users?pageSize=10", UriKind.Relative), Ct);
            Assert.Equal(HttpStatusCode.OK, list.StatusCode);
        }

        var (resident, anonymous) = (await StatusBytes("VmRSS"), await StatusBytes("RssAnon"));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Ready after {host.ReadyAfter.TotalSeconds:0.00} s and {host.ReadyWithProcessorTime.TotalSeconds:0.00} s of processors; {resident / Megabyte} MB resident after {Requests} requests, {anonymous / Megabyte} MB of it its own."));
        Assert.InRange(resident, 1, MostResidentBytes);
    }

    private async Task<long> StatusBytes(string name)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{host.Process.Id}/status", Ct)).Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
