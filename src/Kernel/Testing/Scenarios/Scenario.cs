using System.Collections.Concurrent;
using System.Reflection;
using Monolith.EventSourcing;

namespace Monolith.Testing;

/// <summary>
/// Given/when/then for aggregates, without I/O: <c>using static Monolith.Testing.Scenario;</c>, then
/// <c>Given&lt;Account&gt;(Opened).When(account =&gt; account.Close()).Then(new AccountClosed());</c>.
/// </summary>
public static class Scenario
{
    private static readonly ConcurrentDictionary<Assembly, DomainModel> Models = new();

    /// <summary>
    /// An aggregate that these events happened to, oldest first; none for a new one. Events and state go through the JSON that the store keeps,
    /// so that an event that cannot be stored, or a snapshot that forgets something, fails here.
    /// </summary>
    /// <typeparam name="TAggregate">The aggregate. Its module's assembly must declare a valid model.</typeparam>
    public static IScenario<TAggregate> Given<TAggregate>(params object[] history) where TAggregate : Aggregate
    {
        ArgumentNullException.ThrowIfNull(history);
        return new Scenario<TAggregate>(ModelOf<TAggregate>(), history);
    }

    /// <summary>The state after the decisions, for assertions on it.</summary>
    public static IScenario<Aggregate<TState>> ThenState<TState>(this IScenario<Aggregate<TState>> scenario, Action<TState> check)
        where TState : class, IState<TState>
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(check);
        check(scenario.ThenSucceeded().State);
        return scenario;
    }

    internal static DomainModel ModelOf<TAggregate>() where TAggregate : Aggregate => ModelOf(typeof(TAggregate));

    internal static DomainModel ModelOf(Type aggregate) =>
        Models.GetOrAdd(aggregate.Assembly, assembly => new DomainModelBuilder().Add(assembly).Build());
}

/// <summary>A scenario that is being told. An interface for its variance: it lets <see cref="Scenario.ThenState"/> infer the state's type.</summary>
/// <typeparam name="TAggregate">The aggregate.</typeparam>
public interface IScenario<out TAggregate> where TAggregate : Aggregate
{
    /// <summary>Takes a decision. What it throws is kept for the assertions; what it raises is stored and read in JSON as a proof.</summary>
    IScenario<TAggregate> When(Action<TAggregate> decide);

    /// <summary>The decisions raised exactly these events, in this order. Equal is what is stored as the same JSON.</summary>
    IScenario<TAggregate> Then(params object[] expected);

    /// <summary>The decisions raised nothing and refused nothing: an empty decision is success.</summary>
    IScenario<TAggregate> ThenNothing();

    /// <summary>The last decision was refused with this code.</summary>
    IScenario<TAggregate> ThenRejected(string code);

    /// <summary>The last decision was refused for this reason.</summary>
    IScenario<TAggregate> ThenRejected(Rejection reason);

    /// <summary>The last decision failed with exactly this exception, which is not a refusal but a bug or a wrong argument.</summary>
    IScenario<TAggregate> ThenThrows<TException>(Action<TException>? check = null) where TException : Exception;

    /// <summary>The aggregate after decisions that threw nothing.</summary>
    TAggregate ThenSucceeded();
}
