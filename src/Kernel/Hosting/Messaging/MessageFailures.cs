using System.Diagnostics;
using FluentValidation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;
using Wolverine;
using Wolverine.ErrorHandling;
using Wolverine.ErrorHandling.Matches;
using Wolverine.Runtime;

namespace Monolith.Hosting;

/// <summary>
/// What becomes of a message from a queue when its handler fails, and the line in the log that tells of it. It is tried again after each rest of
/// <see cref="MessageOptions.RetryAfter"/> and is a dead letter after the last. A rule that refuses may refuse because another message is late, so it is asked again; what is
/// malformed stays so. The message of a tenant that is gone is discarded.
/// </summary>
/// <remarks>
/// Not for commands invoked in line, whose caller decides: repeating one that may have been stored could store it twice. The lines have no part of the message, which may be
/// personal.
/// </remarks>
internal sealed partial class MessageFailures(MessageOptions options) : IContinuationSource
{
    // A rule without any attempt: what Wolverine does then is to make a dead letter.
    private static readonly FailureRule GivesUp = new(new Always());

    public string Description => "Try again after a rest; after the last one it is a dead letter";

    public IContinuation Build(Exception ex, Envelope envelope) => new Failure(options, ex);

    private static string Line(string text) => text.ReplaceLineEndings(" ");

    [LoggerMessage(1, LogLevel.Warning, "The message {MessageType} {MessageId} failed at attempt {Attempt}, and is tried again at {Next:u}: {ErrorType}: {Error}")]
    private static partial void LogFailed(ILogger logger, string? messageType, Guid messageId, int attempt, DateTimeOffset next, string errorType, string error);

    [LoggerMessage(2, LogLevel.Error, "The message {MessageType} {MessageId} failed at attempt {Attempt}, and is a dead letter: {ErrorType}: {Error}")]
    private static partial void LogDead(ILogger logger, string? messageType, Guid messageId, int attempt, string errorType, string error);

    [LoggerMessage(3, LogLevel.Information, "The message {MessageType} {MessageId} failed at attempt {Attempt}, and is discarded: its tenant is gone")]
    private static partial void LogDiscarded(ILogger logger, string? messageType, Guid messageId, int attempt);

    private sealed class Failure(MessageOptions options, Exception error) : IContinuation
    {
        public async ValueTask ExecuteAsync(IEnvelopeLifecycle lifecycle, IWolverineRuntime runtime, DateTimeOffset now, Activity? activity)
        {
            var envelope = lifecycle.Envelope!;
            var logger = runtime.LoggerFactory.CreateLogger<MessageFailures>();
            using var scope = OperationMiddleware.OperationOf(envelope) is { } operation ? logger.BeginScope(new OperationScope(operation)) : null;
            await using var connection = runtime.Services.GetRequiredService<NpgsqlDataSource>().CreateConnection();
            if (!await Enter(connection, envelope.TenantId))
            {
                LogDiscarded(logger, envelope.MessageType, envelope.Id, envelope.Attempts);
                await new DiscardEnvelope(error).ExecuteAsync(lifecycle, runtime, now, activity);
            }
            else if (error is not ValidationException && envelope.Attempts <= options.RetryAfter.Count)
            {
                var next = now + options.RetryAfter[Math.Max(envelope.Attempts, 1) - 1];
                LogFailed(logger, envelope.MessageType, envelope.Id, envelope.Attempts, next, error.GetType().Name, Line(error.Message));
                await lifecycle.ReScheduleAsync(next);
            }
            else if (GivesUp.TryCreateContinuation(error, envelope, out var dead))
            {
                LogDead(logger, envelope.MessageType, envelope.Id, envelope.Attempts, error.GetType().Name, Line(error.Message));
                await dead.ExecuteAsync(lifecycle, runtime, now, activity);
            }
        }

        // What is stored of the message now must not come after a drop of its tenant: that waits until the connection is closed. An outage does not cost the message.
        private static async Task<bool> Enter(NpgsqlConnection connection, string? tenantId)
        {
            if (string.IsNullOrEmpty(tenantId))
            {
                return true;
            }

            try
            {
                await connection.OpenAsync();
                await TenantEntrance.Enter(await connection.BeginTransactionAsync(), tenantId);
                return true;
            }
            catch (UnknownTenantException)
            {
                return false;
            }
            catch (Exception outage) when (outage is NpgsqlException or EventSourcingException)
            {
                return true;
            }
        }
    }

    private sealed class Always : IExceptionMatch
    {
        public string Description => "whatever it is";

        public bool Matches(Exception ex) => true;
    }
}
