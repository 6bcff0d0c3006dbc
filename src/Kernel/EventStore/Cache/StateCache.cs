using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>States in memory, bounded by count and by size; the least recently used make room. Safe for concurrent use.</summary>
internal sealed class StateCache(int maxStates, long maxBytes, Action<CachedState>? evicted = null)
{
    private readonly Lock gate = new();
    private readonly Dictionary<StreamId, LinkedListNode<CachedState>> nodes = [];
    private readonly LinkedList<CachedState> byUse = [];
    private long bytes;

    public bool IsOn => maxStates > 0 && maxBytes > 0;

    public int Count
    {
        get
        {
            lock (gate)
            {
                return nodes.Count;
            }
        }
    }

    public long Bytes
    {
        get
        {
            lock (gate)
            {
                return bytes;
            }
        }
    }

    /// <summary>The state of a stream, which counts as used now; null when it is not in memory.</summary>
    public CachedState? Find(StreamId stream)
    {
        lock (gate)
        {
            if (!nodes.TryGetValue(stream, out var node))
            {
                return null;
            }

            byUse.Remove(node);
            byUse.AddFirst(node);
            return node.Value;
        }
    }

    /// <summary>Keeps a state, unless a later one of the stream is there or it is too large by itself.</summary>
    public void Keep(CachedState state)
    {
        List<CachedState> leaving = [];
        lock (gate)
        {
            if (nodes.TryGetValue(state.Stream, out var known))
            {
                if (known.Value.Version > state.Version)
                {
                    return;
                }

                Remove(known);
            }

            if (state.Bytes > maxBytes)
            {
                return;
            }

            nodes[state.Stream] = byUse.AddFirst(state);
            bytes += state.Bytes;
            while (nodes.Count > maxStates || bytes > maxBytes)
            {
                leaving.Add(byUse.Last!.Value);
                Remove(byUse.Last!);
            }
        }

        if (evicted is not null)
        {
            leaving.ForEach(evicted);
        }
    }

    /// <summary>Forgets a state that cannot be built upon, unless another has taken its place.</summary>
    public void Forget(CachedState state)
    {
        lock (gate)
        {
            if (nodes.TryGetValue(state.Stream, out var node) && ReferenceEquals(node.Value, state))
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<CachedState> node)
    {
        byUse.Remove(node);
        nodes.Remove(node.Value.Stream);
        bytes -= node.Value.Bytes;
    }
}
