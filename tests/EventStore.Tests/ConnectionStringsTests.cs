using Npgsql;

namespace Monolith.EventStore.Tests;

public sealed class ConnectionStringsTests
{
    [Fact]
    public void Statements_are_prepared_by_themselves_and_the_application_has_a_name()
    {
        var tuned = new NpgsqlConnectionStringBuilder(ConnectionStrings.Tune("Host=localhost"));

        Assert.Equal((250, 2, "monolith"), (tuned.MaxAutoPrepare, tuned.AutoPrepareMinUsages, tuned.ApplicationName));
    }

    [Theory]
    [InlineData("Host=localhost;Max Auto Prepare=0;Application Name=mine")]
    [InlineData("Host=localhost;MaxAutoPrepare=0;ApplicationName=mine")]
    public void What_the_string_says_stays(string connectionString)
    {
        var tuned = new NpgsqlConnectionStringBuilder(ConnectionStrings.Tune(connectionString));

        Assert.Equal((0, "mine"), (tuned.MaxAutoPrepare, tuned.ApplicationName));
    }
}
