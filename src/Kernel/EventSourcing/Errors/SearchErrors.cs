namespace Monolith.EventSourcing;

/// <summary>The data of an aggregate type's events is not indexed, so that a search would read all of them. Opt in, and run the migration.</summary>
public sealed class NotSearchableException(string aggregateType)
    : EventSourcingException(
        "not_searchable",
        $"The events of '{aggregateType}' are not indexed: declare [AggregateType(\"{aggregateType}\", IndexData = true)] and run the migration, which builds the index.")
{
    /// <summary>The stored name of the type.</summary>
    public string AggregateType { get; } = aggregateType;
}

/// <summary>What is searched for is no JSON object, or holds no value: every event would contain it.</summary>
public sealed class InvalidSearchException(string why, Exception? innerException = null)
    : EventSourcingException("invalid_search", $"The fragment is not one to search with: {why}", innerException);
