using Monolith.Testing;
using Monolith.Webhooks.Contracts.Events;

namespace Monolith.Webhooks.Tests;

public sealed class ApprovalTests
{
    [Fact]
    public void What_is_stored_is_what_was_approved() => StoredEvents.MatchApproved(typeof(WebhooksModule).Assembly);

    [Fact]
    public void What_others_see_is_what_was_approved() => PublicContracts.MatchApproved(typeof(EndpointPaused).Assembly);
}
