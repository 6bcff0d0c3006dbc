using Monolith.EventStore.Tests.Conformance;
using Xunit.Sdk;
using Xunit.v3;

namespace Monolith.EventStore.Tests;

/// <summary>The soak takes a minute whatever else there is to do, so it begins with the others and not after them.</summary>
public sealed class SoakFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => IsSoak(collection) ? 0 : 1)];

    private static bool IsSoak(ITestCollection collection) =>
        collection.TestCollectionDisplayName.Contains(typeof(SoakTests).FullName!, StringComparison.Ordinal);
}
