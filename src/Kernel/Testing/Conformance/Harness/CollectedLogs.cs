using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Monolith.Testing.Conformance;

/// <summary>Keeps what is logged, from warnings on unless more is wanted.</summary>
public sealed class CollectedLogs : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> warnings = new();
    private readonly ConcurrentQueue<string> lines = new();

    /// <summary>From what on it is kept.</summary>
    public LogLevel From { get; init; } = LogLevel.Warning;

    /// <summary>All that is kept.</summary>
    public IReadOnlyCollection<string> Lines => lines;

    /// <summary>The warnings so far.</summary>
    public IReadOnlyCollection<string> Warnings => warnings;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= From;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            lines.Enqueue(formatter(state, exception));
        }

        if (logLevel >= LogLevel.Warning)
        {
            warnings.Enqueue(formatter(state, exception));
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Dispose()
    {
    }
}
