using Npgsql;

namespace Monolith.Testing;

/// <summary>A role that belongs to a run of tests.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Password">Its password.</param>
public sealed record TestRole(string Name, string Password)
{
    /// <summary>A connection string to the same database, as this role.</summary>
    public string Of(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Username = Name, Password = Password }.ConnectionString;
}
