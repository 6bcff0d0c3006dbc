using Monolith.Testing;
using Xunit;

namespace Monolith.Accounts.Tests;

public sealed class StoredEventsTests
{
    [Fact]
    public void What_is_stored_is_what_was_approved() => StoredEvents.MatchApproved(typeof(AccountsModule).Assembly);
}
