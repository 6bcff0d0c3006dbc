using Monolith.EventSourcing;
using Npgsql;

namespace Monolith.EventStore.Tests;

/// <summary>The table of the database's errors and the store's. Those that can be provoked are, in the conformance suite.</summary>
public sealed class PostgresErrorsTests
{
    [Theory]
    [InlineData("40P01", EventStoreUnavailableException.TransactionAborted)]
    [InlineData("40001", EventStoreUnavailableException.TransactionAborted)]
    [InlineData("55P03", EventStoreUnavailableException.TransactionAborted)]
    [InlineData("57014", EventStoreUnavailableException.TimedOut)]
    [InlineData("53300", EventStoreUnavailableException.TooManyConnections)]
    [InlineData("53000", EventStoreUnavailableException.ServerFull)]
    [InlineData("53100", EventStoreUnavailableException.ServerFull)]
    [InlineData("53200", EventStoreUnavailableException.ServerFull)]
    [InlineData("53400", EventStoreUnavailableException.ServerFull)]
    [InlineData("25006", EventStoreUnavailableException.ReadOnly)]
    [InlineData("57P01", EventStoreUnavailableException.ServerRestarting)]
    [InlineData("57P02", EventStoreUnavailableException.ServerRestarting)]
    [InlineData("57P03", EventStoreUnavailableException.ServerRestarting)]
    [InlineData("08006", EventStoreUnavailableException.ConnectionLost)]
    [InlineData("08P01", EventStoreUnavailableException.ConnectionLost)]
    public void An_outage_is_transient_and_says_which_it_is(string sqlState, string code)
    {
        var unavailable = Assert.IsType<EventStoreUnavailableException>(PostgresErrors.Map(Error(sqlState)));

        Assert.Equal((code, true), (unavailable.Code, unavailable.IsTransient));
    }

    [Theory]
    [InlineData("22021", UnstorableEventException.InvalidText)]
    [InlineData("22P05", UnstorableEventException.InvalidText)]
    [InlineData("54000", UnstorableEventException.TooLarge)]
    public void What_can_never_be_stored_is_not_transient(string sqlState, string code)
    {
        var unstorable = Assert.IsType<UnstorableEventException>(PostgresErrors.Map(Error(sqlState)));

        Assert.Equal((code, false), (unstorable.Code, unstorable.IsTransient));
    }

    [Theory]
    [InlineData("42P01")]
    [InlineData("42703")]
    [InlineData("42883")]
    [InlineData("3F000")]
    public void A_schema_that_does_not_fit_is_said_to_be_one(string sqlState) => Assert.IsType<SchemaException>(PostgresErrors.Map(Error(sqlState)));

    [Theory]
    [InlineData("42601")]
    [InlineData("23514")]
    [InlineData("XX000")]
    [InlineData("28P01")]
    public void A_bug_and_a_wrong_set_up_fly_as_they_are(string sqlState) => Assert.Null(PostgresErrors.Map(Error(sqlState)));

    [Fact]
    public void A_connection_that_Npgsql_gives_up_without_a_type_for_it_is_lost()
    {
        var error = Activator.CreateInstance<Exception>();
        Assert.Null(PostgresErrors.Map(error));
        error.Source = "Npgsql";

        var lost = Assert.IsType<EventStoreUnavailableException>(PostgresErrors.Map(error));

        Assert.Equal((EventStoreUnavailableException.ConnectionLost, true), (lost.Code, lost.IsTransient));
        Assert.Null(PostgresErrors.Map(new InvalidOperationException { Source = "Npgsql" }));
    }

    [Fact]
    public void What_does_not_come_from_the_database_flies_as_it_is()
    {
        Assert.Null(PostgresErrors.Map(new InvalidOperationException()));
        Assert.Null(PostgresErrors.Map(new OperationCanceledException()));
        Assert.Null(PostgresErrors.Map(new TimeoutException()));
    }

    private static PostgresException Error(string sqlState) => new("message", "ERROR", "ERROR", sqlState);
}
