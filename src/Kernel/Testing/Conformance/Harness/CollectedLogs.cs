using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Monolith.Testing.Conformance;

/// <summary>Keeps what is logged from warnings on.</summary>
public sealed class CollectedLogs : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> warnings = new();

    /// <summary>The warnings so far.</summary>
    public IReadOnlyCollection<string> Warnings => warnings;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            warnings.Enqueue(formatter(state, exception));
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Dispose()
    {
    }
}
