using Monolith.Accounts.Transfers;
using Xunit;

namespace Monolith.Accounts.Tests.Transfers;

public class TransferOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => new TransferOptions().Validate();

    [Theory]
    [InlineData(0, 10, "TransferTimeout")]
    [InlineData(86_401, 10, "TransferTimeout")]
    [InlineData(60, 0, "TransferSweep")]
    [InlineData(60, 3_601, "TransferSweep")]
    public void A_value_out_of_its_range_is_named(int timeout, int sweep, string name) => Assert.Equal(
        name,
        Assert.Throws<ArgumentException>(() => new TransferOptions { TransferTimeout = TimeSpan.FromSeconds(timeout), TransferSweep = TimeSpan.FromSeconds(sweep) }.Validate()).ParamName);
}
