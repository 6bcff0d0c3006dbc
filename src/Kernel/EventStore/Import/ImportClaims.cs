using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore;

/// <summary>
/// What the events of a batch, one after the other, do to claims: all that any of them gives back, and then what each aggregate holds at the end.
/// A claim that is only held in between leaves no trace.
/// </summary>
internal sealed class ImportClaims
{
    private readonly Dictionary<(string TenantId, string AggregateType, Claim Claim), ImportedRow> holders = [];
    private readonly HashSet<(StreamId Holder, Claim Claim)> released = [];

    public ImportClaims(IEnumerable<ImportedRow> rows)
    {
        foreach (var row in rows)
        {
            if (!row.Claims.IsEmpty)
            {
                Add(row);
            }
        }
    }

    /// <summary>Who takes what, and with which event.</summary>
    public IEnumerable<(ImportedRow Row, Claim Claim)> Taken => holders.Select(pair => (pair.Value, pair.Key.Claim));

    /// <summary>Adds the commands, tenant by tenant in one order, so that two imports never wait for each other in a circle.</summary>
    public void AddTo(NpgsqlBatchCommandCollection commands)
    {
        var taken = Taken.Select(taken => (Holder: taken.Row.Stream.Id, taken.Claim)).ToLookup(taken => taken.Holder.TenantId);
        var givenBack = released.ToLookup(given => given.Holder.TenantId);
        foreach (var tenant in taken.Select(group => group.Key).Union(givenBack.Select(group => group.Key)).Order(StringComparer.Ordinal))
        {
            ClaimCommands.Add(commands, [.. taken[tenant]], [.. givenBack[tenant]]);
        }
    }

    /// <summary>Whether a holder gives a claim back in this very batch, so that it stands in nobody's way.</summary>
    public bool Frees(StreamId holder, Claim claim) => released.Contains((holder, claim));

    public static InvalidImportException Refusal(ImportedRow row, Claim claim, Exception? error = null)
    {
        var taken = new ClaimTakenException(claim, error);
        return new(taken.Code, row.Stream.Id, row.Version, taken.Message, taken);
    }

    private void Add(ImportedRow row)
    {
        var stream = row.Stream.Id;
        foreach (var claim in row.Claims.Released.Except(row.Claims.Taken))
        {
            released.Add((stream, claim));
            var key = (stream.TenantId, stream.AggregateType, claim);
            if (holders.TryGetValue(key, out var holder) && holder.Stream.Id == stream)
            {
                holders.Remove(key);
            }
        }

        foreach (var claim in row.Claims.Taken)
        {
            if (!holders.TryAdd((stream.TenantId, stream.AggregateType, claim), row)
                && holders[(stream.TenantId, stream.AggregateType, claim)].Stream.Id != stream)
            {
                throw Refusal(row, claim);
            }
        }
    }
}
