using Monolith.Contracts;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Npgsql;
using Wolverine;

namespace Monolith.Hosting;

/// <summary>
/// What a module tells the others: which of its stored events become which integration events of its Contracts. The event log is the outbox: nothing is
/// published beside an append. The messages are put into the queues of their consumers in the transaction that moves the checkpoint, so each is handed over
/// exactly once, and per aggregate in order.
/// </summary>
/// <remarks>
/// One public class per module, added with <see cref="ModuleBuilder.AddPublisher{TPublisher}"/>. It is pure: no clock, no random, no I/O.
/// <code>
/// public sealed class UserPublisher : Publisher
/// {
///     public UserPublisher() : base("users.publisher")
///     {
///         Reads&lt;User&gt;();
///         On((UserDeleted _, Origin origin) => new Told.UserDeleted(origin.AggregateId, origin));
///     }
/// }
/// </code>
/// An event that cannot be translated or written is parked like that of any projection. A publisher that is new begins with the first event of the store, and a
/// rebuild publishes nothing again unless it names the publisher. See <c>docs/messages.md</c>.
/// </remarks>
/// <param name="name">Unique in the host and stored with the checkpoint: <c>module.publisher</c>.</param>
public abstract class Publisher(string name) : TransactionalSubscription<Envelope>(name)
{
    private readonly Dictionary<Type, List<Func<object, Origin, IIntegrationEvent?>>> translations = [];
    private readonly HashSet<Type> published = [];
    private MessageHandover? handover;
    private Module? module;

    /// <summary>The integration events that it may publish.</summary>
    public IReadOnlyCollection<Type> Publishes => published;

    /// <summary>What an event is told as; empty when it is not told. For tests, and for whoever wants to know.</summary>
    public IReadOnlyList<IIntegrationEvent> Translate(EventEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        if (!translations.TryGetValue(envelope.Event.GetType(), out var ways))
        {
            return [];
        }

        var origin = new Origin(
            envelope.TenantId, envelope.EventId, envelope.AggregateType, envelope.AggregateId, envelope.Version, envelope.Position, envelope.RecordedAt);
        return [.. ways.Select(way => way(envelope.Event, origin)).OfType<IIntegrationEvent>()];
    }

    /// <summary>Declares that an event is told as an integration event; a translation that gives null leaves it out. Several for one event tell it several times.</summary>
    protected void On<TEvent, TMessage>(Func<TEvent, Origin, TMessage?> translate)
        where TEvent : notnull
        where TMessage : class, IIntegrationEvent
    {
        ArgumentNullException.ThrowIfNull(translate);
        Only<TEvent>();
        published.Add(typeof(TMessage));
        if (!translations.TryGetValue(typeof(TEvent), out var ways))
        {
            translations.Add(typeof(TEvent), ways = []);
        }

        ways.Add((@event, origin) => translate((TEvent)@event, origin));
    }

    /// <inheritdoc/>
    protected override IEnumerable<Envelope> Effects(EventEnvelope envelope) =>
        Translate(envelope).SelectMany(message => Handover.EnvelopesOf(envelope, message));

    /// <inheritdoc/>
    protected override Task Write(IReadOnlyList<Envelope> effects, NpgsqlTransaction transaction, CancellationToken ct) => Handover.Store(effects, transaction);

    /// <inheritdoc/>
    protected override Task Committed(IReadOnlyList<Envelope> effects) => Handover.Enqueue(effects);

    /// <inheritdoc/>
    protected override Task InDoubt(IReadOnlyList<Envelope> effects) => Handover.Release(effects);

    /// <inheritdoc/>
    protected override void Validate()
    {
        if (published.Count == 0)
        {
            throw new InvalidModelException($"The publisher '{Name}' publishes nothing.");
        }

        foreach (var type in published)
        {
            IntegrationEventTypes.Check(type, module);
        }
    }

    internal void Connect(Module owner, MessageHandover connected) => (module, handover) = (owner, connected);

    private MessageHandover Handover => handover ?? throw new InvalidOperationException($"The publisher '{Name}' was not added to a module.");
}
