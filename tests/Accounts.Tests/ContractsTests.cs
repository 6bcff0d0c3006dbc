using Monolith.Accounts.Contracts;
using Monolith.Testing;
using Xunit;

namespace Monolith.Accounts.Tests;

public sealed class ContractsTests
{
    [Fact]
    public void What_others_see_is_what_was_approved() => PublicContracts.MatchApproved(typeof(Currency).Assembly);
}
