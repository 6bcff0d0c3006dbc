using System.Globalization;
using System.Text;
using Monolith.EventSourcing;
using Xunit;

namespace Monolith.Testing;

internal sealed class Scenario<TAggregate> : IScenario<TAggregate> where TAggregate : Aggregate
{
    private readonly StoredForm stored;
    private readonly TAggregate aggregate;
    private Exception? problem;

    public Scenario(DomainModel model, object[] history)
    {
        var definition = model.Aggregate(typeof(TAggregate));
        stored = new(model, definition);
        var state = history.SelectMany(stored.RoundTrip).Aggregate(definition.InitialState, definition.Apply);
        aggregate = (TAggregate)definition.Restore(Guid.CreateVersion7(), stored.RoundTripState(state), history.Length);
    }

    public IScenario<TAggregate> When(Action<TAggregate> decide)
    {
        ArgumentNullException.ThrowIfNull(decide);
        ThenSucceeded();
        problem = Record.Exception(() => decide(aggregate));
        foreach (var raised in aggregate.UncommittedEvents)
        {
            stored.RoundTrip(raised.Event);
        }

        return this;
    }

    public IScenario<TAggregate> Then(params object[] expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ThenSucceeded();
        var actual = aggregate.UncommittedEvents.Select(raised => raised.Event).ToArray();
        var same = expected.Zip(actual).TakeWhile(pair => stored.AreSame(pair.First, pair.Second)).Count();
        if (same < expected.Length || same < actual.Length)
        {
            Assert.Fail($"The raised events differ from the expected ones at event {same + 1}.\nExpected:{Lines(expected)}\nRaised:{Lines(actual)}");
        }

        return this;
    }

    public IScenario<TAggregate> ThenNothing() => Then();

    public IScenario<TAggregate> ThenRejected(string code)
    {
        var rejected = Rejected($"a refusal with the code '{code}'");
        if (rejected.Code != code)
        {
            Assert.Fail($"Expected a refusal with the code '{code}', but the code is '{rejected.Code}': {rejected.Message}");
        }

        return this;
    }

    public IScenario<TAggregate> ThenRejected(Rejection reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        var rejected = Rejected($"the refusal '{reason.Code}'");
        if (rejected.Rejection != reason)
        {
            Assert.Fail($"Expected the refusal {reason}, but it is {rejected.Rejection}.");
        }

        return this;
    }

    public IScenario<TAggregate> ThenThrows<TException>(Action<TException>? check = null) where TException : Exception
    {
        var thrown = problem as TException;
        if (thrown?.GetType() != typeof(TException))
        {
            Assert.Fail($"Expected {typeof(TException).Name}, but {WhatHappened()}");
        }

        check?.Invoke(thrown!);
        return this;
    }

    public TAggregate ThenSucceeded()
    {
        if (problem is not null)
        {
            Assert.Fail($"Expected the decision to succeed, but {WhatHappened()}");
        }

        return aggregate;
    }

    private RejectedException Rejected(string expected)
    {
        if (problem is not RejectedException)
        {
            Assert.Fail($"Expected {expected}, but {WhatHappened()}");
        }

        return (RejectedException)problem!;
    }

    private string WhatHappened() => problem switch
    {
        RejectedException refusal => $"it was refused with the code '{refusal.Code}': {refusal.Message}",
        not null => $"it threw {problem}",
        null => $"it succeeded and raised:{Lines(aggregate.UncommittedEvents.Select(raised => raised.Event))}",
    };

    private string Lines(IEnumerable<object> events)
    {
        var text = new StringBuilder();
        var number = 0;
        foreach (var @event in events)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {++number}. {stored.Describe(@event)}");
        }

        return number == 0 ? " nothing" : text.ToString();
    }
}
