using Monolith.EventSourcing;

namespace Monolith.Testing.Conformance;

/// <summary>What one reader of the feed has seen: of each stream only how far, so it stays small however long it reads.</summary>
public sealed class StreamWitness
{
    private readonly Dictionary<(string TenantId, Guid AggregateId), long> versions = [];

    /// <summary>Events that were passed over.</summary>
    public long Lost { get; private set; }

    /// <summary>Events that came again, or after a later one of their stream.</summary>
    public long Duplicated { get; private set; }

    /// <summary>Takes the next event of the feed.</summary>
    public void See(EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var key = (envelope.TenantId, envelope.AggregateId);
        var last = versions.GetValueOrDefault(key);
        if (envelope.Version <= last)
        {
            Duplicated++;
            return;
        }

        Lost += envelope.Version - last - 1;
        versions[key] = envelope.Version;
    }

    /// <summary>Compares with how far the streams go in the tables, when the reader has come to the end.</summary>
    public void Finish(IReadOnlyDictionary<(string TenantId, Guid AggregateId), long> stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        Lost += stored.Sum(stream => Math.Max(0, stream.Value - versions.GetValueOrDefault(stream.Key)));
        Duplicated += versions.Sum(stream => Math.Max(0, stream.Value - stored.GetValueOrDefault(stream.Key)));
    }
}
