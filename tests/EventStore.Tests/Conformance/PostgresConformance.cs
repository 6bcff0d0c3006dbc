using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EventStore.Tests.Conformance;

public sealed class AppendTests(PostgresFixture postgres) : AppendConformance(postgres);

public sealed class ConcurrentAppendTests(PostgresFixture postgres) : ConcurrentAppendConformance(postgres);

public sealed class RepeatedAppendTests(PostgresFixture postgres) : RepeatedAppendConformance(postgres);

public sealed class ClaimTests(PostgresFixture postgres) : ClaimConformance(postgres);

public sealed class FeedOrderTests(PostgresFixture postgres) : FeedOrderConformance(postgres);

public sealed class FeedHoldTests(PostgresFixture postgres) : FeedHoldConformance(postgres);

public sealed class FeedTests(PostgresFixture postgres) : FeedConformance(postgres);

public sealed class ReadTests(PostgresFixture postgres) : ReadConformance(postgres);

public sealed class ContentTests(PostgresFixture postgres) : ContentConformance(postgres);

public sealed class SearchTests(PostgresFixture postgres) : SearchConformance(postgres);

public sealed class DataIndexTests(PostgresFixture postgres) : DataIndexConformance(postgres);

public sealed class SizeTests(PostgresFixture postgres) : SizeConformance(postgres);

public sealed class ArchiveTests(PostgresFixture postgres) : ArchiveConformance(postgres);

public sealed class ArchivedAppendTests(PostgresFixture postgres) : ArchivedAppendConformance(postgres);

public sealed class ArchiveRaceTests(PostgresFixture postgres) : ArchiveRaceConformance(postgres);

public sealed class SnapshotTests(PostgresFixture postgres) : SnapshotConformance(postgres);

public sealed class SnapshotShapeTests(PostgresFixture postgres) : SnapshotShapeConformance(postgres);

public sealed class SnapshotSizeTests(PostgresFixture postgres) : SnapshotSizeConformance(postgres);

public sealed class SnapshotRetentionTests(PostgresFixture postgres) : SnapshotRetentionConformance(postgres);

public sealed class SnapshotRebuildTests(PostgresFixture postgres) : SnapshotRebuildConformance(postgres);

public sealed class TenantTests(PostgresFixture postgres) : TenantConformance(postgres);

public sealed class TypeTests(PostgresFixture postgres) : TypeConformance(postgres);

public sealed class SchemaTests(PostgresFixture postgres) : SchemaConformance(postgres);

public sealed class DurabilityTests(PostgresFixture postgres) : DurabilityConformance(postgres);

public sealed class RoundTripTests(PostgresFixture postgres) : RoundTripConformance(postgres);

public sealed class OutageTests(PostgresFixture postgres, OwnServer own) : OutageConformance(postgres, own);

public sealed class ErrorTests(PostgresFixture postgres) : ErrorConformance(postgres);

public sealed class TurmoilTests(PostgresFixture postgres) : TurmoilConformance(postgres);

public sealed class SoakTests(PostgresFixture postgres) : SoakConformance(postgres);

public sealed class ModelTests(PostgresFixture postgres) : ModelConformance(postgres);

public sealed class ServerTests(PostgresFixture postgres, OwnServer own) : ServerConformance(postgres, own);

public sealed class PreparedAppendTests(PostgresFixture postgres, OwnServer own) : PreparedAppendConformance(postgres, own);

public sealed class FeedWakeUpTests(PostgresFixture postgres) : FeedWakeUpConformance(postgres);

public sealed class SubscriptionTests(PostgresFixture postgres) : SubscriptionConformance(postgres);

public sealed class TransactionalSubscriptionTests(PostgresFixture postgres) : TransactionalSubscriptionConformance(postgres);

public sealed class ProjectionTests(PostgresFixture postgres) : ProjectionConformance(postgres);

public sealed class ProjectionOwnershipTests(PostgresFixture postgres) : ProjectionOwnershipConformance(postgres);

public sealed class ProjectionFailureTests(PostgresFixture postgres) : ProjectionFailureConformance(postgres);

public sealed class InlineProjectionTests(PostgresFixture postgres) : InlineProjectionConformance(postgres);

public sealed class InlineRebuildTests(PostgresFixture postgres) : InlineRebuildConformance(postgres);

public sealed class ProjectionLivenessTests(PostgresFixture postgres) : ProjectionLivenessConformance(postgres);

public sealed class RebuildTests(PostgresFixture postgres) : RebuildConformance(postgres);

public sealed class RebuildProgressTests(PostgresFixture postgres) : RebuildProgressConformance(postgres);

public sealed class VerificationTests(PostgresFixture postgres) : VerificationConformance(postgres);

public sealed class PartialRebuildTests(PostgresFixture postgres) : PartialRebuildConformance(postgres);

public sealed class AggregateRebuildTests(PostgresFixture postgres) : AggregateRebuildConformance(postgres);

/// <summary>Every append by itself: what is promised must not depend on who shares a round trip.</summary>
public sealed class UncoalescedConcurrentAppendTests(PostgresFixture postgres) : ConcurrentAppendConformance(postgres)
{
    protected override void Configure(EventStoreOptions options) => options.AppendLanes = 0;
}

public sealed class UncoalescedRepeatedAppendTests(PostgresFixture postgres) : RepeatedAppendConformance(postgres)
{
    protected override void Configure(EventStoreOptions options) => options.AppendLanes = 0;
}

public sealed class UncoalescedDurabilityTests(PostgresFixture postgres) : DurabilityConformance(postgres)
{
    protected override void Configure(EventStoreOptions options) => options.AppendLanes = 0;
}

public sealed class UncoalescedRoundTripTests(PostgresFixture postgres) : RoundTripConformance(postgres)
{
    protected override void Configure(EventStoreOptions options) => options.AppendLanes = 0;
}

public sealed class UncoalescedArchiveRaceTests(PostgresFixture postgres) : ArchiveRaceConformance(postgres)
{
    protected override void Configure(EventStoreOptions options) => options.AppendLanes = 0;
}
public sealed class TenantDropTests(PostgresFixture postgres) : TenantDropConformance(postgres);

public sealed class TenantDroppingTests(PostgresFixture postgres) : TenantDroppingConformance(postgres);

public sealed class TenantMoveTests(PostgresFixture postgres) : TenantMoveConformance(postgres);

public sealed class TenantMovingTests(PostgresFixture postgres) : TenantMovingConformance(postgres);
