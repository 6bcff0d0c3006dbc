using Npgsql;

namespace Monolith.EventStore.Tests;

public sealed class ConnectionStringsTests
{
    [Fact]
    public void Statements_are_prepared_by_themselves_connections_are_not_reset_and_the_application_has_a_name()
    {
        var tuned = new NpgsqlConnectionStringBuilder(ConnectionStrings.Tune("Host=localhost"));

        Assert.Equal((250, 2, true, "monolith"), (tuned.MaxAutoPrepare, tuned.AutoPrepareMinUsages, tuned.NoResetOnClose, tuned.ApplicationName));
    }

    [Theory]
    [InlineData("Host=localhost;Max Auto Prepare=0;No Reset On Close=false;Application Name=mine")]
    [InlineData("Host=localhost;MaxAutoPrepare=0;NoResetOnClose=false;ApplicationName=mine")]
    public void What_the_string_says_stays(string connectionString)
    {
        var tuned = new NpgsqlConnectionStringBuilder(ConnectionStrings.Tune(connectionString));

        Assert.Equal((0, false, "mine"), (tuned.MaxAutoPrepare, tuned.NoResetOnClose, tuned.ApplicationName));
    }
}
