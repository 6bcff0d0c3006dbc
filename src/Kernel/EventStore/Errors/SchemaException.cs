using Monolith.EventSourcing;

namespace Monolith.EventStore;

/// <summary>The database's schema does not fit this build. Run the migration, or the build that fits.</summary>
public sealed class SchemaException(string message, Exception? innerException = null) : EventSourcingException("schema_mismatch", message, innerException);
