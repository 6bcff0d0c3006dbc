using System.Threading.Channels;

namespace Monolith.EventStore.Projections;

/// <summary>Lets one in at a time. Holds nothing of the system's, so it is never disposed under somebody who waits.</summary>
internal sealed class Turn
{
    private readonly Channel<bool> token = Channel.CreateBounded<bool>(1);

    public Turn() => Give();

    public ValueTask<bool> Take(CancellationToken ct) => token.Reader.ReadAsync(ct);

    public bool TryTake() => token.Reader.TryRead(out _);

    public void Give() => token.Writer.TryWrite(true);
}
