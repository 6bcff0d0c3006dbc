namespace Monolith.EventStore;

/// <summary>A snapshot that is to be written.</summary>
/// <param name="Version">The version of the last event in it.</param>
/// <param name="RecordedAt">The time of that event.</param>
/// <param name="State">The state as JSON.</param>
internal readonly record struct Snapshot(long Version, DateTimeOffset RecordedAt, byte[] State);
