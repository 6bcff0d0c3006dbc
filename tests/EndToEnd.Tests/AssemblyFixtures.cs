using Monolith.Testing;

[assembly: AssemblyFixture(typeof(PostgresFixture))]
