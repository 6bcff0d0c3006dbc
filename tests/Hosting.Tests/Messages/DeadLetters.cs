using Npgsql;
using Wolverine;
using Wolverine.Runtime.Serialization;

namespace Monolith.Hosting.Tests.Messages;

/// <summary>Dead letters as Wolverine stores them, without a message that has failed.</summary>
internal static class DeadLetters
{
    public static async Task<Guid> AddDeadLetter(this NotesHost host, string tenant, string messageType, byte[] data)
    {
        var envelope = new Envelope { Id = Guid.CreateVersion7(), MessageType = messageType, Data = data, Destination = new("local://notes/"), TenantId = tenant };
        await using var command = host.Database.DataSource.CreateCommand(
            """
            insert into wolverine.wolverine_dead_letters (id, body, message_type, source, exception_type, exception_message, received_at, replayable, sent_at)
            values ($1, $2, $3, 'Monolith', 'System.Exception', 'No luck.', 'local://notes/', false, now())
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = envelope.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = EnvelopeSerializer.Serialize(envelope) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = messageType });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return envelope.Id;
    }
}
