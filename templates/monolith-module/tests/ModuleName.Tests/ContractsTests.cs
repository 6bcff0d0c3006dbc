using Monolith.ModuleName.Contracts.Events;
using Monolith.Testing;
using Xunit;

namespace Monolith.ModuleName.Tests;

public sealed class ContractsTests
{
    [Fact]
    public void What_others_see_is_what_was_approved() => PublicContracts.MatchApproved(typeof(AggregateNameCreated).Assembly);
}
