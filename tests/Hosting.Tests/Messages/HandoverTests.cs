using Microsoft.Extensions.DependencyInjection;
using Monolith.Contracts;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Hosting.Tests.Sample;
using Npgsql;

namespace Monolith.Hosting.Tests.Messages;

/// <summary>What is published is handed over to each consumer once, whatever breaks.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class HandoverTests(NotesHost host)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Heard Heard => host.Services.GetRequiredService<Heard>();

    private ProjectionOperations Projections => host.Services.GetRequiredService<ProjectionOperations>();

    [Fact]
    public async Task A_fact_reaches_every_consumer_with_its_origin_and_what_is_not_told_reaches_none()
    {
        var id = await host.Write("told");
        await host.Change(id, "secret");
        var saved = await host.Change(id, "plain");

        await Heard.Until(() => Heard.Of(id).Count == 4, Ct);
        var stored = await host.Events(id);
        var told = Assert.IsType<NoteTold>(Assert.Single(Heard.Of(id), message => message.Event is NoteTold).Event);
        Assert.Equal(new Origin("acme", stored[0].EventId, "note", id, 1, stored[0].Position, stored[0].RecordedAt), told.Origin);
        Assert.Equal(3, Assert.Single(Heard.Of(id), message => message.Event is TextTold).Event.Origin.Version);
        var published = Heard.Of(id).Select(message => message.Event).OfType<PublishedEvent>().OrderBy(message => message.Origin.Version).ToList();
        Assert.Equal(["notes.note_told", "notes.text_told"], published.Select(message => message.Name));
        Assert.Equal($$"""{"noteId":"{{id}}","text":"plain"}""", published[1].Data.GetRawText());
        Assert.Equal(saved, published[1].Origin.Position);
        Assert.All(Heard.Of(id), message => Assert.Equal("acme", message.TenantId));
    }

    [Fact]
    public async Task Facts_of_one_aggregate_come_in_order()
    {
        var id = await host.Write("order");
        for (var number = 1; number <= 30; number++)
        {
            await host.Change(id, $"{number}");
        }

        await Heard.Until(() => Heard.Of(id).Count(message => message.Event is TextTold) == 30, Ct);
        var versions = Heard.Of(id).Where(message => message.Event is TextTold).Select(message => message.Event.Origin.Version);
        Assert.Equal(Enumerable.Range(2, 30).Select(version => (long)version), versions);
    }

    [Fact]
    public async Task A_publisher_whose_connection_is_ended_in_the_middle_hands_over_everything_once()
    {
        await Projections.Pause(NotePublisher.Id, Ct);
        var ids = new List<Guid>();
        for (var number = 0; number < 20; number++)
        {
            ids.Add(await host.Write($"broken {number}"));
        }

        await using (var other = await host.Database.DataSource.OpenConnectionAsync(Ct))
        {
            await using var transaction = await other.BeginTransactionAsync(Ct);
            await using var hold = new NpgsqlCommand("lock table wolverine.wolverine_incoming_envelopes in exclusive mode", other);
            await hold.ExecuteNonQueryAsync(Ct);
            await Projections.Resume(NotePublisher.Id, Ct);
            for (var time = 0; time < 2; time++)
            {
                await EndBlockedPublisher();
            }

            await transaction.CommitAsync(Ct);
        }

        await Heard.Until(() => ids.TrueForAll(id => Heard.Of(id).Count >= 2), Ct);
        Assert.All(ids, id => Assert.Equal(2, Heard.Of(id).DistinctBy(message => (message.Event.GetType(), message.EnvelopeId)).Count()));
        Assert.Empty(await Projections.Parked(NotePublisher.Id, Ct));
    }

    [Fact]
    public async Task What_was_stored_and_never_came_to_its_queue_is_delivered_once_it_is_released()
    {
        var handover = host.Services.GetRequiredService<MessageHandover>();
        var id = Guid.CreateVersion7();
        var cause = new EventEnvelope
        {
            EventId = Guid.CreateVersion7(),
            EventType = "note.written",
            TenantId = "acme",
            AggregateId = id,
            AggregateType = "note",
            Version = 1,
            Position = 1,
            RecordedAt = DateTimeOffset.UnixEpoch,
            Event = new NoteWritten("doubt", "x"),
        };
        var envelopes = new NotePublisher().Translate(cause).SelectMany(message => handover.EnvelopesOf(cause, message)).ToList();
        await using (var connection = await host.Database.DataSource.OpenConnectionAsync(Ct))
        {
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await handover.Store(envelopes, transaction);
            await transaction.CommitAsync(Ct);
        }

        Assert.Empty(Heard.Of(id));
        await handover.Release(envelopes);
        await Heard.Until(() => Heard.Of(id).Count == 2, Ct);
    }

    [Fact]
    public async Task The_mark_that_a_message_is_handled_is_stored_with_the_documents_of_its_handler()
    {
        var id = await host.Write("marked");
        var eventId = (await host.Events(id))[0].EventId;
        await Heard.Until(() => Heard.HasCopied(eventId), Ct);
        await host.Until(
            $"""
            select exists (
              select from notes.mt_doc_notecopy d
              join wolverine.wolverine_incoming_envelopes e on e.id = '{Heard.CopiedBy(eventId)}' and e.status = 'Handled' and e.xmin = d.xmin
              where d.id = '{id}'
            )
            """);
    }

    [Fact]
    public async Task A_rebuild_of_everything_tells_nothing_again_and_one_of_the_publisher_tells_everything()
    {
        var id = await host.Write("again");
        await Heard.Until(() => Heard.Of(id).Count == 2, Ct);
        var begun = await Projections.RebuildAll(ct: Ct);
        Assert.DoesNotContain(NotePublisher.Id, begun);

        await Projections.Rebuild(NotePublisher.Id, Ct);
        await Heard.Until(() => Heard.Of(id).Count == 4, Ct);

        // The copy was told the same version twice.
        await host.Until($"select (data ->> 'writes')::int = 1 from notes.mt_doc_notecopy where id = '{id}'");
    }

    // The connection that waits for the lock is the publisher's, in the middle of its transaction: its checkpoint is moved and not committed.
    private async Task EndBlockedPublisher()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        await using var end = host.Database.DataSource.CreateCommand(
            """
            select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query ilike '%insert into%wolverine_incoming_envelopes%' and pid <> pg_backend_pid()
            """);
        while (await end.ExecuteScalarAsync(Ct) is 0L)
        {
            await again.WaitForNextTickAsync(deadline.Token);
        }
    }
}
