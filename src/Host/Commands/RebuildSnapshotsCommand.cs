using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>What <c>snapshots rebuild</c> takes.</summary>
public sealed class RebuildSnapshotsInput : OperatorInput
{
    /// <summary>The type.</summary>
    [Description("The stored name of an aggregate type, such as account")]
    public string AggregateType { get; set; } = "";

    /// <summary>Whose.</summary>
    [Description("Of one tenant only, instead of all active ones")]
    public string? TenantFlag { get; set; }
}

/// <summary>Writes the snapshots that are missing.</summary>
[Description("Writes the snapshots of an aggregate type that this build misses, while hosts run. Interrupted, it goes on where it was when it is run again", Name = "snapshots rebuild")]
public sealed class RebuildSnapshotsCommand : OperatorCommand<RebuildSnapshotsInput>
{
    /// <summary>The ways to call it.</summary>
    public RebuildSnapshotsCommand() => Usage("Write the snapshots of a type that are missing").Arguments(input => input.AggregateType);

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(RebuildSnapshotsInput input)
    {
        var done = await input.Answer.Follow<SnapshotRebuildProgress, SnapshotRebuildProgress>(
            Describe,
            at => (double)at.TenantsDone / Math.Max(1, at.Tenants),
            progress => Get<PostgresEventStore>(input).RebuildSnapshots(input.AggregateType, input.TenantFlag, progress, input.Ct));
        input.Answer.Write(done, Describe(done));
        return done.Failed == 0 ? ExitCode.Done : ExitCode.NotInOrder;
    }

    private static string Describe(SnapshotRebuildProgress progress) => FormattableString.Invariant(
        $"{progress.TenantsDone:n0} of {progress.Tenants:n0} tenants, {progress.Streams:n0} streams, {progress.Snapshots:n0} snapshots written, {progress.Failed:n0} streams that cannot be folded");
}
