using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Monolith.EndToEnd.Tests.Processes;

namespace Monolith.EndToEnd.Tests.Deployment;

/// <summary>The proxy of compose.yaml.</summary>
public sealed partial class ProxyTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "ops");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static bool HasNginx => NginxProxy.Program is not null;

    [Fact]
    public void The_image_has_an_nginx_that_asks_the_name_server_again()
    {
        Assert.Contains(" resolve ", File.ReadAllText(Path.Combine(Folder, "proxy", "nginx.conf")), StringComparison.Ordinal);
        var image = ImagePattern().Match(File.ReadAllText(Path.Combine(Folder, "compose.yaml")));
        Assert.True(Version.Parse(image.Groups["version"].Value) >= new Version(1, 28), "Only nginx 1.27.3 and later knows `resolve` without a license.");
    }

    [Theory(SkipUnless = nameof(HasNginx), Skip = "There is no nginx on the PATH: install the package nginx to have its configuration tested.")]
    [InlineData("GET", 2)]
    [InlineData("POST", 1)]
    [InlineData("PUT", 1)]
    [InlineData("DELETE", 1)]
    public async Task What_a_host_may_have_done_is_not_sent_to_the_next_one(string method, int expected)
    {
        await using var one = new Mute();
        await using var other = new Mute();
        await using var proxy = await NginxProxy.Start(NginxProxy.Program!, one.Address, other.Address);
        using var client = proxy.NewClient();

        using var request = new HttpRequestMessage(new(method), "/api/anything") { Content = method == "GET" ? null : new StringContent("{}", Encoding.UTF8, "application/json") };
        using var answer = await client.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal(expected, one.Requests + other.Requests);
    }

    [Theory(SkipUnless = nameof(HasNginx), Skip = "There is no nginx on the PATH: install the package nginx to have its configuration tested.")]
    [InlineData("/operations/projections")]
    [InlineData("/health/ready")]
    public async Task What_is_for_operators_does_not_reach_a_host(string path)
    {
        await using var host = new Mute();
        await using var proxy = await NginxProxy.Start(NginxProxy.Program!, host.Address);
        using var client = proxy.NewClient();

        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), Ct);
        Assert.Equal((HttpStatusCode.NotFound, 0), (answer.StatusCode, host.Requests));
    }

    [GeneratedRegex(@"image: nginxinc/nginx-unprivileged:(?<version>\d+\.\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ImagePattern();

    // A host that reads requests and ends before it answers.
    private sealed class Mute : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly Task answering;
        private int requests;

        public Mute()
        {
            listener.Start();
            answering = Answer();
        }

        public int Requests => Volatile.Read(ref requests);

        public Uri Address => new($"http://{listener.LocalEndpoint}");

        public async ValueTask DisposeAsync()
        {
            listener.Dispose();
            await answering;
        }

        private async Task Answer()
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync(Ct);
                    if (await client.GetStream().ReadAsync(new byte[4096], Ct) > 0)
                    {
                        Interlocked.Increment(ref requests);
                    }
                }
            }
            catch (SocketException)
            {
            }
            catch (ObjectDisposedException)
            {
            }
        }
    }
}
