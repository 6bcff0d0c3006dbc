using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Monolith.Testing.Conformance;

/// <summary>
/// Stands between a store and its server: counts the round trips, and cuts or holds connections at the moments that matter. What is cut stays
/// cut; the next connection works again.
/// </summary>
public sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentBag<Task> connections = [];
    private readonly (string Host, int Port) server;
    private readonly Task accepting;
    private volatile TaskCompletionSource? held;
    private volatile CancellationTokenSource open = new();
    private int cut;
    private int refused;
    private long roundTrips;

    /// <summary>A relay to the server of a connection string.</summary>
    public Relay(string connectionString)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        server = (target.Host!, target.Port);
        listener.Start();
        accepting = Accept();
    }

    private enum Cut
    {
        None,
        Request,
        Answer,
    }

    /// <summary>How often somebody has waited for an answer, the steps of logging in included.</summary>
    public long RoundTrips => Interlocked.Read(ref roundTrips);

    /// <summary>Leads a store's connections through here.</summary>
    public void Redirect(NpgsqlConnectionStringBuilder connection)
    {
        (connection.Host, connection.Port) = ("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        connection.SslMode = SslMode.Disable;
    }

    /// <summary>A host that reaches the database through here and sends no notices to others, so that nothing but what a test does passes.</summary>
    public StoreSetup SetupFor(ConformanceStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.Setup with { Connect = Redirect, Configure = store.Setup.Configure + (options => options.Notify = false) };
    }

    /// <summary>The next request does not reach the server: its connection breaks.</summary>
    public void LoseNextRequest() => cut = (int)Cut.Request;

    /// <summary>The next answer does not reach the store: the server has done what was asked, and the connection breaks.</summary>
    public void LoseNextAnswer() => cut = (int)Cut.Answer;

    /// <summary>How many connections were refused while the network was down.</summary>
    public int Refused => Volatile.Read(ref refused);

    /// <summary>The network goes down: all connections break, and new ones are refused.</summary>
    public void Break() => open.Cancel();

    /// <summary>The network is up again.</summary>
    public void Mend() => open = new();

    /// <summary>Nothing gets through any more in either direction, and nobody is told: the network hangs, or the process does.</summary>
    public void Hold() => held ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held goes on its way, and everything after it.</summary>
    public void Release()
    {
        held?.TrySetResult();
        held = null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        await stopping.CancelAsync();
        listener.Stop();
        await accepting;
        await Task.WhenAll(connections);
        listener.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                connections.Add(Serve(await listener.AcceptSocketAsync(stopping.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
        }
        catch (InvalidOperationException) when (stopping.IsCancellationRequested)
        {
            // It was stopped between one connection and the next.
        }
    }

    private async Task Serve(Socket store)
    {
        using var _ = store;
        if (open.IsCancellationRequested)
        {
            Interlocked.Increment(ref refused);
            return;
        }

        using var upstream = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        store.NoDelay = true;
        var waiting = new StrongBox();
        try
        {
            await upstream.ConnectAsync(server.Host, server.Port, stopping.Token);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, open.Token);
            Task[] directions = [Pump(store, upstream, Cut.Request, waiting, either.Token), Pump(upstream, store, Cut.Answer, waiting, either.Token)];
            await Task.WhenAny(directions);
            await either.CancelAsync();
            await Task.WhenAll(directions);
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
        }
    }

    private async Task Pump(Socket from, Socket to, Cut direction, StrongBox waiting, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, ct) is > 0 and var count)
            {
                if (Interlocked.CompareExchange(ref cut, (int)Cut.None, (int)direction) == (int)direction)
                {
                    return;
                }

                if (direction == Cut.Request && Interlocked.Exchange(ref waiting.Value, 1) == 0)
                {
                    Interlocked.Increment(ref roundTrips);
                }
                else if (direction == Cut.Answer)
                {
                    Interlocked.Exchange(ref waiting.Value, 0);
                }

                if (held is { } hold)
                {
                    await hold.Task.WaitAsync(ct);
                }

                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), ct);
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
        }
    }

    private sealed class StrongBox
    {
        public int Value;
    }
}
