using Monolith.Testing;
using Xunit;

namespace Monolith.ModuleName.Tests;

public sealed class StoredEventsTests
{
    [Fact]
    public void What_is_stored_is_what_was_approved() => StoredEvents.MatchApproved(typeof(ModuleNameModule).Assembly);
}
