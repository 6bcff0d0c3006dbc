namespace Monolith.EventStore;

/// <summary>How far a rebuild of snapshots has come.</summary>
/// <param name="AggregateType">The type whose snapshots are written.</param>
/// <param name="Tenants">How many tenants there are to go through.</param>
/// <param name="TenantsDone">How many of them are done.</param>
/// <param name="Streams">How many streams that are long enough for a snapshot have been looked at.</param>
/// <param name="Snapshots">How many snapshots were missing and have been written.</param>
/// <param name="Failed">How many streams could not be folded; the log names them.</param>
public sealed record SnapshotRebuildProgress(string AggregateType, int Tenants, int TenantsDone, long Streams, long Snapshots, long Failed);
