namespace Monolith.EventStore.Projections;

/// <summary>What a worker says about itself: written by the worker, read by whoever asks for its status.</summary>
internal sealed record WorkerProgress(
    ProjectionState State, long EventsRead, long PositionsRead, DateTimeOffset? Oldest, string? LastError, DateTimeOffset? LastErrorAt)
{
    public static WorkerProgress Starting { get; } = new(ProjectionState.Starting, 0, 0, null, null, null);

    public WorkerProgress Read(int events, long from, FeedPage page) => this with
    {
        State = ProjectionState.CatchingUp,
        EventsRead = EventsRead + events,
        PositionsRead = PositionsRead + (page.LastPosition - from),
        Oldest = page.Events.Count > 0 ? page.Events[0].RecordedAt : Oldest,
    };

    public WorkerProgress Failed(string error, DateTimeOffset at) => this with { State = ProjectionState.Failing, LastError = error, LastErrorAt = at };

    public WorkerProgress Recovered(ProjectionState to) => this with { State = to, LastError = null, LastErrorAt = null };

    /// <summary>How many events lie between, as densely as the ones read so far: positions are shared by all shards and all types.</summary>
    public (int Events, DateTimeOffset? Oldest) Estimate(long end, long position) => end <= position
        ? (0, null)
        : ((int)Math.Min(int.MaxValue, PositionsRead == 0 ? end - position : (double)(end - position) * EventsRead / PositionsRead), Oldest);
}
