using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// A batch of events folded into the views of a document projection, in memory: first the keys of the views that it needs, then, with those
/// views, the changes. Nothing here knows where views are kept. One use each.
/// </summary>
/// <typeparam name="TView">The document.</typeparam>
/// <typeparam name="TKey">The type of its id.</typeparam>
public sealed class DocumentFold<TView, TKey> where TView : class where TKey : notnull
{
    private readonly DocumentProjection<TView, TKey> projection;
    private readonly IReadOnlyList<EventEnvelope> events;
    private readonly Pulse? pulse;
    private readonly KeySample? sample;
    private readonly Dictionary<ViewKey<TKey>, int> slots = [];
    private readonly List<ViewKey<TKey>> keys = [];
    private readonly List<(int Event, int Slot)> steps;

    /// <summary>Collects the keys of a batch.</summary>
    /// <param name="projection">The projection.</param>
    /// <param name="events">Events of its aggregates in the order of their positions.</param>
    /// <exception cref="ProjectionFailedException">The projection could not say the keys of an event.</exception>
    public DocumentFold(DocumentProjection<TView, TKey> projection, IReadOnlyList<EventEnvelope> events) : this(projection, events, pulse: null)
    {
    }

    internal DocumentFold(DocumentProjection<TView, TKey> projection, IReadOnlyList<EventEnvelope> events, Pulse? pulse, KeySample? sample = null)
    {
        ArgumentNullException.ThrowIfNull(projection);
        ArgumentNullException.ThrowIfNull(events);
        (this.projection, this.events, this.pulse, this.sample) = (projection, events, pulse, sample);
        steps = new(events.Count);
        for (var index = 0; index < events.Count; index++)
        {
            if (projection.Wants(events[index]))
            {
                Collect(index);
            }
        }
    }

    /// <summary>The views that the batch touches, each once.</summary>
    public IReadOnlyList<ViewKey<TKey>> Keys => keys;

    /// <summary>Folds the batch.</summary>
    /// <param name="views">The views of <see cref="Keys"/> that exist.</param>
    /// <exception cref="ProjectionFailedException">An event could not be folded.</exception>
    public ViewChanges<TView, TKey> Run(IReadOnlyDictionary<ViewKey<TKey>, TView> views)
    {
        ArgumentNullException.ThrowIfNull(views);
        var before = new TView?[keys.Count];
        for (var slot = 0; slot < before.Length; slot++)
        {
            before[slot] = views.GetValueOrDefault(keys[slot]);
        }

        var after = (TView?[])before.Clone();
        foreach (var (index, slot) in steps)
        {
            after[slot] = Apply(keys[slot], after[slot], events[index]);
        }

        return Changes(before, after);
    }

    private void Collect(int index)
    {
        var envelope = events[index];
        pulse?.Enter(envelope);
        try
        {
            var first = steps.Count;
            foreach (var key in projection.Keys(envelope))
            {
                if (sample?.Contains(envelope.TenantId, ViewIdentity<TView, TKey>.Text(key)) == false)
                {
                    continue;
                }

                var slot = Slot(new(envelope.TenantId, key));
                if (!Named(slot, first))
                {
                    steps.Add((index, slot));
                }
            }
        }
        catch (Exception problem)
        {
            throw new ProjectionFailedException(projection.Name, envelope, problem);
        }
    }

    private int Slot(ViewKey<TKey> key)
    {
        if (!slots.TryGetValue(key, out var slot))
        {
            slots.Add(key, slot = keys.Count);
            keys.Add(key);
        }

        return slot;
    }

    private bool Named(int slot, int first)
    {
        for (var step = first; step < steps.Count; step++)
        {
            if (steps[step].Slot == slot)
            {
                return true;
            }
        }

        return false;
    }

    private TView? Apply(ViewKey<TKey> key, TView? view, EventEnvelope envelope)
    {
        pulse?.Enter(envelope);
        try
        {
            var next = projection.Apply(key.Id, view, envelope);
            if (next is not null && !ReferenceEquals(next, view) && !ViewIdentity<TView, TKey>.Of(next).Equals(key.Id))
            {
                throw new InvalidOperationException($"The view of the key {key.Id} came back with the id {ViewIdentity<TView, TKey>.Of(next)}.");
            }

            return next;
        }
        catch (Exception problem)
        {
            throw new ProjectionFailedException(projection.Name, envelope, problem);
        }
    }

    // A view that the fold gave back as it was is not written again.
    private ViewChanges<TView, TKey> Changes(TView?[] before, TView?[] after)
    {
        var stored = new List<(ViewKey<TKey>, TView)>(after.Length);
        var removed = new List<ViewKey<TKey>>();
        for (var slot = 0; slot < after.Length; slot++)
        {
            if (ReferenceEquals(before[slot], after[slot]))
            {
                continue;
            }

            if (after[slot] is { } view)
            {
                stored.Add((keys[slot], view));
            }
            else
            {
                removed.Add(keys[slot]);
            }
        }

        return new(stored, removed);
    }
}
