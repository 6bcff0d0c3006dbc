using Microsoft.Extensions.Logging;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Npgsql;

namespace Monolith.Testing.Conformance;

/// <summary>How a store under test differs from the usual one.</summary>
public sealed record StoreSetup
{
    /// <summary>The types that it knows.</summary>
    public DomainModel Model { get; init; } = ConformanceStore.DefaultModel;

    /// <summary>Changes its options.</summary>
    public Action<EventStoreOptions>? Configure { get; init; }

    /// <summary>Changes its connections.</summary>
    public Action<NpgsqlConnectionStringBuilder>? Connect { get; init; }

    /// <summary>The role that the store runs under, which the migration grants what it needs; null for the owner of the database.</summary>
    public TestRole? Role { get; init; }

    /// <summary>Its clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where it logs.</summary>
    public ILoggerFactory? Loggers { get; init; }
}
