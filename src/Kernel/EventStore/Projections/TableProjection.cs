using Monolith.EventSourcing;

namespace Monolith.EventStore.Projections;

/// <summary>
/// A projection into tables of its own, for read models that SQL serves better than documents: each event becomes statements. They run in the
/// transaction that moves the checkpoint, in the order they were added, with the schema as the search path, so names stay unqualified.
/// </summary>
/// <param name="name">Unique in the host: <c>module.read_model</c>.</param>
/// <param name="version">Raise it when the statements or the tables change.</param>
/// <param name="schema">Where the tables lie: the module's name.</param>
public abstract class TableProjection(string name, int version, string schema) : Projection(name, version)
{
    /// <summary>Where the tables lie. Created when it is missing.</summary>
    public string Schema { get; } = schema;

    /// <summary>
    /// The statements that create the tables, <c>create table if not exists</c> with unqualified names. Each table has a column for the
    /// tenant: rows of several tenants lie together.
    /// </summary>
    public abstract string Definition { get; }

    /// <summary>The tables, unqualified: a rebuild empties them.</summary>
    public abstract IReadOnlyList<string> Tables { get; }

    /// <summary>
    /// The column of each of the tables that holds the tenant: by it a tenant's rows are removed when it is dropped, and replaced when it is rebuilt. Override it
    /// where it has another name; null when no row belongs to one tenant alone.
    /// </summary>
    public virtual string? TenantColumn => "tenant_id";

    /// <summary>
    /// The column, of type uuid, of each of the tables that holds the id of the one aggregate whose events make the row; null when rows are made by several. Only where it
    /// is named can the rows of one aggregate be rebuilt by themselves.
    /// </summary>
    public virtual string? AggregateColumn => null;

    /// <summary>Adds the statements that an event becomes; none to leave it out. Pure: no clock, no random, no I/O.</summary>
    public abstract void Apply(EventEnvelope envelope, TableStatements statements);

    internal override void Check()
    {
        if (Tables.Count == 0)
        {
            throw new InvalidModelException($"The projection '{Name}' names no table.");
        }

        foreach (var identifier in Tables.Append(Schema).Append(TenantColumn ?? Schema).Append(AggregateColumn ?? Schema).Where(identifier => !SqlNames.IsPlain(identifier)))
        {
            throw new InvalidModelException($"The projection '{Name}' names '{identifier}', which is not lower-case letters, digits and underscores.");
        }
    }

    internal override string? WhyNotByTenant => TenantColumn is null ? $"it names no {nameof(TenantColumn)}, so several tenants may share a row" : null;

    internal override string? WhyNotByAggregate =>
        WhyNotByTenant ?? (AggregateColumn is null ? $"it names no {nameof(AggregateColumn)}, so several aggregates may make one row" : null);

    internal override ProjectionWriter Writer(IViewStore? views) => new TableWriter(this);
}
