using Monolith.Testing;
using Monolith.Testing.Conformance;

namespace Monolith.EventStore.Tests.Conformance;

public sealed class ApplicationRoleTests(PostgresFixture postgres) : ApplicationRoleConformance(postgres);

public sealed class OwnerFunctionTests(PostgresFixture postgres) : OwnerFunctionConformance(postgres);

public sealed class OwnerWorkTests(PostgresFixture postgres) : OwnerWorkConformance(postgres);

/// <summary>What a store does, it does under the application's role too.</summary>
public sealed class AppendUnderApplicationRoleTests(PostgresFixture postgres) : AppendConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class ClaimUnderApplicationRoleTests(PostgresFixture postgres) : ClaimConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class FeedUnderApplicationRoleTests(PostgresFixture postgres) : FeedConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class SnapshotUnderApplicationRoleTests(PostgresFixture postgres) : SnapshotConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class TenantUnderApplicationRoleTests(PostgresFixture postgres) : TenantConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class SnapshotRetentionUnderApplicationRoleTests(PostgresFixture postgres) : SnapshotRetentionConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class ProjectionFailureUnderApplicationRoleTests(PostgresFixture postgres) : ProjectionFailureConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class ProjectionOwnershipUnderApplicationRoleTests(PostgresFixture postgres) : ProjectionOwnershipConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class RebuildUnderApplicationRoleTests(PostgresFixture postgres) : RebuildConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class InlineProjectionUnderApplicationRoleTests(PostgresFixture postgres) : InlineProjectionConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class InlineRebuildUnderApplicationRoleTests(PostgresFixture postgres) : InlineRebuildConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class SubscriptionUnderApplicationRoleTests(PostgresFixture postgres) : SubscriptionConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}

public sealed class SearchUnderApplicationRoleTests(PostgresFixture postgres) : SearchConformance(postgres)
{
    protected override bool UnderApplicationRole => true;
}
