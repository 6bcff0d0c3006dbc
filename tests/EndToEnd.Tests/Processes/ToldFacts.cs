using System.Text.Json.Nodes;
using Monolith.Webhooks.Tests.Hosts;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>A fact, as it is published and as a webhook tells it.</summary>
/// <param name="EventId">The stored event.</param>
/// <param name="Type">What it is published as.</param>
/// <param name="Subject">The aggregate.</param>
/// <param name="Sequence">Its version.</param>
internal sealed record ToldFact(string EventId, string Type, string Subject, long Sequence);

/// <summary>
/// Keeps all that a receiver is told, and lets it take a request only at the second or third attempt now and then: before, it answers with an error or hangs up.
/// </summary>
internal sealed class ToldFacts
{
    private const int MostRefusals = 2;

    // Said here again, and not asked of the publisher, so that what it leaves out is missed.
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["account.opened"] = "accounts.account_opened",
        ["account.deposited"] = "accounts.money_deposited",
        ["account.frozen"] = "accounts.account_frozen",
        ["account.transfer_sent"] = "accounts.money_sent",
        ["account.transfer_received"] = "accounts.money_received",
        ["account.transfer_returned"] = "accounts.money_returned",
        ["transfer.requested"] = "accounts.transfer_requested",
        ["transfer.completed"] = "accounts.transfer_completed",
        ["transfer.refused"] = "accounts.transfer_refused",
        ["transfer.compensated"] = "accounts.transfer_compensated",
    };

    private readonly Lock gate = new();
    private readonly Random random;
    private readonly Dictionary<string, (string Body, int Attempts, bool IsTaken)> byId = new(StringComparer.Ordinal);
    private readonly List<string> changed = [];
    private int taken;
    private int requests;

    public ToldFacts(Receiver receiver, int seed)
    {
        random = new(seed);
        receiver.Answer = request => (Answer(request), null);
    }

    /// <summary>How many different webhooks were taken.</summary>
    public int Taken => Volatile.Read(ref taken);

    /// <summary>How many requests came.</summary>
    public int Requests => Volatile.Read(ref requests);

    /// <summary>What there is to tell of accounts and transfers, as it is stored.</summary>
    public static async Task<IReadOnlyList<ToldFact>> Published(NpgsqlDataSource database, CancellationToken ct)
    {
        var published = new List<ToldFact>();
        await using var command = database.CreateCommand("select event_type, event_id, aggregate_id, version from eventstore.events where aggregate_type in ('account', 'transfer')");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (Names.TryGetValue(reader.GetString(0), out var name))
            {
                published.Add(new(reader.GetGuid(1).ToString(), name, reader.GetGuid(2).ToString(), reader.GetInt64(3)));
            }
        }

        return published;
    }

    /// <summary>Every fact was taken, each under one id and with one body, and nothing else was told.</summary>
    public void RequireExactly(IReadOnlyList<ToldFact> published)
    {
        lock (gate)
        {
            Assert.Empty(changed);
            Assert.All(byId, told => Assert.True(told.Value.IsTaken, $"{told.Key} was given up."));
            Assert.Equal(published.OrderBy(fact => fact.EventId, StringComparer.Ordinal), byId.Values.Select(told => FactOf(told.Body)).OrderBy(fact => fact.EventId, StringComparer.Ordinal));
        }
    }

    private static ToldFact FactOf(string body)
    {
        var told = JsonNode.Parse(body)!;
        return new(told["eventId"]!.ToString(), told["type"]!.ToString(), told["subject"]!["id"]!.ToString(), (long)told["sequence"]!);
    }

    private int Answer(Receiver.Received request)
    {
        lock (gate)
        {
            requests++;
            var known = byId.TryGetValue(request.Id, out var told) ? told : (request.Body, Attempts: 0, IsTaken: false);
            if (known.Body != request.Body)
            {
                changed.Add(request.Id);
            }

            var isTaken = known.Attempts >= MostRefusals || random.Next(10) > 0;
            byId[request.Id] = known with { Attempts = known.Attempts + 1, IsTaken = known.IsTaken || isTaken };
            taken += isTaken && !known.IsTaken ? 1 : 0;
            return isTaken ? 204 : random.Next(2) == 0 ? 500 : Receiver.HangsUp;
        }
    }
}
