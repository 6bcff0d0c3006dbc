namespace Monolith.EventSourcing;

/// <summary>
/// Which events of a tenant to find by what their data holds. Data is compared as it is stored: names in camelCase, in the shape of the version that
/// was written, before upcasting.
/// </summary>
/// <param name="TenantId">The tenant.</param>
/// <param name="AggregateType">The stored name of the aggregate type; it must have opted in with <c>[AggregateType("…", IndexData = true)]</c>.</param>
/// <param name="Fragment">
/// A JSON object that the data contains: <c>{"customer": {"city": "Bern"}, "lines": [{"sku": "A-1"}]}</c> is contained in an event whose customer's city
/// is Bern and one of whose lines, wherever it stands, has the SKU A-1.
/// </param>
public sealed record EventSearch(string TenantId, string AggregateType, string Fragment)
{
    /// <summary>Only events of these types, under whatever name they were stored; empty for all.</summary>
    public IReadOnlyList<Type> EventTypes { get; init; } = [];

    /// <summary>The position after which to start; 0 for the beginning. The position of the last event of a page is where the next begins.</summary>
    public long After { get; init; }

    /// <summary>
    /// How many events at the most; counted as stored, without those that no longer read as anything. Fewer means that there are no more.
    /// </summary>
    public int Limit { get; init; } = 1000;
}
