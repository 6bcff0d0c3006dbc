using Monolith.EventStore.Tests;
using Monolith.Testing;

[assembly: AssemblyFixture(typeof(PostgresFixture))]
[assembly: TestCollectionOrderer(typeof(SoakFirst))]
