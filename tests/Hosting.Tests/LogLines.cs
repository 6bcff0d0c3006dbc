using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Monolith.Hosting.Tests;

/// <summary>Keeps what the host logs, each line with its scopes behind it, for tests to look at.</summary>
public sealed class LogLines : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();
    private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

    public IEnumerable<(LogLevel Level, string Text)> All => lines;

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public void Dispose()
    {
    }

    private sealed class Logger(LogLines log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => log.scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // The logger above asks for the lowest level alone.
            if (IsEnabled(logLevel))
            {
                var text = new StringBuilder($"{formatter(state, exception)} {exception}");
                log.scopes.ForEachScope((scope, line) => line.Append(CultureInfo.InvariantCulture, $" [{scope}]"), text);
                log.lines.Enqueue((logLevel, text.ToString()));
            }
        }
    }
}
