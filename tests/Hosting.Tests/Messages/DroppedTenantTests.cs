using System.Net;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.Hosting.Tests.Sample;
using Wolverine;
using Wolverine.Runtime.Serialization;

namespace Monolith.Hosting.Tests.Messages;

/// <summary>What becomes of the messages of a tenant that is dropped, and of what their handlers write.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class DroppedTenantTests(NotesHost host)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ITenants Tenants => host.Services.GetRequiredService<ITenants>();

    private Heard Heard => host.Services.GetRequiredService<Heard>();

    [Fact]
    public async Task A_message_that_is_being_handled_when_its_tenant_is_dropped_is_discarded_with_what_it_would_have_written()
    {
        await Tenants.Add("leaving", ct: Ct);
        Heard.Hold("late leaving");
        using (var written = await host.Send(HttpMethod.Post, "/api/notes", Answers.Json("""{"title":"late leaving","text":"x"}"""), "leaving"))
        {
            Assert.Equal(HttpStatusCode.Created, written.StatusCode);
        }

        await Heard.Until(() => Heard.IsHeld("late leaving"), Ct);
        await Tenants.Drop("leaving", Ct);
        Heard.LetGo("late leaving");

        await host.Logged("notes.note_told", "is discarded: its tenant is gone");
        Assert.Equal(0L, await Count("select count(*) from notes.mt_doc_latecopy where tenant_id = 'leaving'"));
        Assert.Empty(await Mine("wolverine_incoming_envelopes", "leaving"));
        Assert.Empty(await Mine("wolverine_dead_letters", "leaving"));
    }

    [Fact]
    public async Task A_session_stores_nothing_of_a_tenant_that_is_gone_and_may_remove_what_is_left_of_it()
    {
        var documents = host.Services.GetRequiredService<IDocumentStore>();
        await using var session = documents.LightweightSession("never-was");
        session.Store(new Pin(Guid.CreateVersion7(), "late", 1));
        Assert.Equal("never-was", (await Assert.ThrowsAsync<UnknownTenantException>(() => session.SaveChangesAsync(Ct))).TenantId);

        await using var removing = documents.LightweightSession("never-was");
        removing.DeleteWhere<Pin>(pin => pin.Text == "late");
        await removing.SaveChangesAsync(Ct);
        Assert.Equal(0L, await Count("select count(*) from notes.mt_doc_pin where tenant_id = 'never-was'"));
    }

    // The header of one tenant lies in the payload of another's message, and one id begins with the other.
    [Fact]
    public async Task Only_messages_that_name_the_tenant_in_their_header_are_removed_a_bounded_number_at_a_time()
    {
        var messages = new TenantMessages();
        var payload = new byte[] { 9 }.Concat("tenant-id"u8.ToArray()).Append((byte)3).Concat("abc"u8.ToArray()).ToArray();
        foreach (var (tenant, count) in new[] { ("abc", 5), ("abcd", 1), ("ab", 1) })
        {
            for (var i = 0; i < count; i++)
            {
                await host.AddDeadLetter(tenant, "notes.note_told", payload);
            }
        }

        await using var connection = await host.Database.DataSource.OpenConnectionAsync(Ct);
        Assert.Equal(2, await messages.Remove(connection, "abcd", 2, Ct) + await messages.Remove(connection, "abc", 1, Ct));
        Assert.Equal(4, await messages.Remove(connection, "abc", 100, Ct));
        Assert.Equal(0, await messages.Remove(connection, "abc", 100, Ct));
        Assert.Single(await Mine("wolverine_dead_letters", "ab"));
        await messages.Remove(connection, "ab", 100, Ct);
    }

    private async Task<long> Count(string sql)
    {
        await using var command = host.Database.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    private async Task<List<Envelope>> Mine(string table, string tenant)
    {
        await using var command = host.Database.DataSource.CreateCommand($"select body from wolverine.{table}");
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var mine = new List<Envelope>();
        while (await reader.ReadAsync(Ct))
        {
            if (EnvelopeSerializer.Deserialize(reader.GetFieldValue<byte[]>(0)) is var envelope && envelope.TenantId == tenant)
            {
                mine.Add(envelope);
            }
        }

        return mine;
    }
}
