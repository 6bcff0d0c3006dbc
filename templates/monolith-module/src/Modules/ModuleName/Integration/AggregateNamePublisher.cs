using Monolith.Contracts;
using Monolith.Hosting;
using Monolith.ModuleName.Domain;
using Told = Monolith.ModuleName.Contracts.Events;

namespace Monolith.ModuleName.Integration;

/// <summary>What other modules hear of this one.</summary>
public sealed class AggregateNamePublisher : Publisher
{
    /// <summary>The publisher <c>modulename.publisher</c>.</summary>
    public AggregateNamePublisher() : base("modulename.publisher")
    {
        Reads<AggregateName>();
        On((AggregateNameCreated e, Origin origin) => new Told.AggregateNameCreated(origin.AggregateId, e.Title, origin));
        On((AggregateNameRenamed e, Origin origin) => new Told.AggregateNameRenamed(origin.AggregateId, e.Title, origin));
    }
}
