using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// The work changes tables or erases events from partitions, which the role of this connection may not: it is done with a connection string of the
/// schema's owner, by an operator's command for example. Nothing was changed.
/// </summary>
/// <param name="work">What was asked for, as a sentence would begin with it.</param>
public sealed class OwnerRequiredException(string work)
    : EventSourcingException("owner_required", $"{work} is the owner's of the schema: it takes a connection string of that role, not of the application's.");
