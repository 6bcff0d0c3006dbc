using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Contracts;
using Monolith.EventSourcing;
using Npgsql;
using Wolverine;
using Wolverine.Configuration;
using Wolverine.RDBMS;
using Wolverine.Runtime;
using Wolverine.Transports;

namespace Monolith.Hosting;

/// <summary>
/// Puts messages into Wolverine's durable local queues in a transaction of ours. The rows of a batch are written by one statement, which Wolverine's own outbox
/// would write one by one.
/// </summary>
/// <remarks>
/// A row belongs to this node from the beginning, so nobody else takes it up while it is on its way from the commit to its queue in memory. If the process dies
/// there, the row is released with all that the node had; if the commit is in doubt, <see cref="Release"/> gives it to whoever is alive.
/// </remarks>
internal sealed partial class MessageHandover(IServiceProvider services, ILogger<MessageHandover> logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private IWolverineRuntime Runtime => services.GetRequiredService<IWolverineRuntime>();

    private TimeProvider Time => services.GetRequiredService<TimeProvider>();

    /// <summary>What goes to the consumers of a message, ready to be stored: one envelope for each, none when nobody consumes it.</summary>
    public IReadOnlyList<Envelope> EnvelopesOf(EventEnvelope cause, IIntegrationEvent message)
    {
        var runtime = Runtime;
        using var activity = MessageTrace.StartPublishing(cause, IntegrationEventTypes.NameOf(message.GetType())!);
        var options = new DeliveryOptions { TenantId = cause.TenantId, GroupId = cause.Stream.ToString() };
        var envelopes = Route(runtime, message, options).Concat(Route(runtime, PublishedEvent.Of(message), options)).ToList();
        foreach (var envelope in envelopes)
        {
            envelope.Source = runtime.Options.ServiceName;
            envelope.CorrelationId = cause.Metadata.CorrelationId ?? cause.EventId.ToString("N");
            envelope.ConversationId = cause.EventId;
            envelope.UserName = cause.Metadata.UserId;
            envelope.ParentId = activity?.Id ?? MessageTrace.ParentOf(cause);

            // Written here and not when it is stored: a message that cannot be written is the fault of its event alone.
            _ = envelope.Data;
        }

        return envelopes;
    }

    /// <summary>Stores them in a transaction, as received by this node.</summary>
    public async Task Store(IReadOnlyList<Envelope> envelopes, NpgsqlTransaction transaction)
    {
        var database = Runtime.Storage as IMessageDatabase ?? throw new InvalidOperationException("Messages are not kept in this database.");
        foreach (var envelope in envelopes)
        {
            envelope.Status = EnvelopeStatus.Incoming;
            envelope.OwnerId = Runtime.DurabilitySettings.AssignedNodeNumber;
        }

        await database.StoreIncomingAsync(transaction, [.. envelopes]);
    }

    /// <summary>Gives stored ones to their queues, and what these do not take to whichever node finds it.</summary>
    public async Task Enqueue(IReadOnlyList<Envelope> envelopes)
    {
        foreach (var envelope in envelopes)
        {
            envelope.WasPersistedInInbox = true;
        }

        await Runtime.EnqueueDirectlyAsync(envelopes);
    }

    /// <summary>Gives up those that may be stored: if they are, whichever node finds them takes them. Goes on beside the caller until the database has answered.</summary>
    public Task Release(IReadOnlyList<Envelope> envelopes)
    {
        _ = ReleaseUntilDone(envelopes);
        return Task.CompletedTask;
    }

    private async Task ReleaseUntilDone(IReadOnlyList<Envelope> envelopes)
    {
        await Task.Yield();
        for (var pause = TimeSpan.FromMilliseconds(250); ; pause = pause < LongestPause / 2 ? pause * 2 : LongestPause)
        {
            try
            {
                await Runtime.Storage.ReassignIncomingAsync(TransportConstants.AnyNode, envelopes);
                return;
            }
            catch (Exception problem)
            {
                LogNotReleased(envelopes.Count, problem.Message);
            }

            // A node that ends releases everything that it had.
            await Task.Delay(pause, Time, Runtime.Cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Runtime.Cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static Envelope[] Route(IWolverineRuntime runtime, object message, DeliveryOptions options)
    {
        var envelopes = runtime.RoutingFor(message.GetType()).RouteForPublish(message, options);
        return Array.TrueForAll(envelopes, envelope =>
                envelope.Destination!.Scheme == TransportConstants.Local && runtime.Endpoints.EndpointFor(envelope.Destination)?.Mode == EndpointMode.Durable)
            ? envelopes
            : throw new InvalidOperationException($"{message.GetType().FullName} is routed to something that is no durable local queue.");
    }

    [LoggerMessage(1, LogLevel.Warning, "{Count} messages whose commit is in doubt could not be released yet: {Problem}")]
    private partial void LogNotReleased(int count, string problem);
}
