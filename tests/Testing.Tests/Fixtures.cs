using Monolith.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]
