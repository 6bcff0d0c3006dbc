using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>
/// An event of the source of an import cannot be stored as it is; nothing of its batch was. The batches before it are stored: put the source right
/// and run the import again. Where one of the errors of an append is the reason, that is the inner exception, and the code is its code.
/// </summary>
public sealed class InvalidImportException(string code, StreamId stream, long version, string problem, Exception? innerException = null)
    : EventSourcingException(code, $"{stream} cannot be imported at version {version}: {problem}", innerException)
{
    /// <summary>The code of a version that does not follow the one before it, in the source or in the store.</summary>
    public const string VersionGap = "version_gap";

    /// <summary>The code of a time before that of the event that precedes it in its stream.</summary>
    public const string TimeBackward = "time_backward";

    /// <summary>The code of a time that lies in the future, or is none.</summary>
    public const string InvalidTime = "invalid_time";

    /// <summary>The stream.</summary>
    public StreamId Stream { get; } = stream;

    /// <summary>The version of the event in the source.</summary>
    public long Version { get; } = version;
}
