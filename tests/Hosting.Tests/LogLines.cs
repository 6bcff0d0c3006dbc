using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Monolith.Hosting.Tests;

/// <summary>Keeps what the host logs, for tests to look at.</summary>
public sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public IEnumerable<(LogLevel Level, string Text)> All => lines;

    public ILogger CreateLogger(string categoryName) => new Logger(lines);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<(LogLevel Level, string Text)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // The logger above asks for the lowest level alone.
            if (IsEnabled(logLevel))
            {
                lines.Enqueue((logLevel, $"{formatter(state, exception)} {exception}"));
            }
        }
    }
}
