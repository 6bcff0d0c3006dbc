using System.Reflection;
using Monolith.Testing.Conformance;

namespace Monolith.EventStore.Tests;

/// <summary>No promised behaviour of the store is without a test.</summary>
public sealed class BehavioursTests
{
    [Fact]
    public void Every_promised_behaviour_of_the_event_store_has_a_test()
    {
        var tested = typeof(BehavioursTests).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsClass: true })
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<FactAttribute>() is not null)
            .SelectMany(method => method.GetCustomAttributes<BehaviourAttribute>())
            .SelectMany(behaviour => behaviour.Lines);

        Assert.Empty(Enumerable.Range(1, 44).Except(tested));
    }
}
