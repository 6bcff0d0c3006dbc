using JasperFx;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;
using Monolith.EventStore;
using Monolith.EventStore.Projections;
using Monolith.Hosting.Tests.Sample;
using Monolith.Testing;
using Npgsql;
using Weasel.Core;

namespace Monolith.Hosting.Tests.ReadModels;

/// <summary>A tenant that is dropped is gone from the documents of the projections too.</summary>
public sealed class DroppedTenantTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TenantPlacement.Pool)]
    [InlineData(TenantPlacement.Dedicated)]
    public async Task The_documents_of_a_dropped_tenant_are_removed_live_and_in_a_rebuild_and_those_of_others_stay(TenantPlacement placement)
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var services = Services(database);
        await services.GetRequiredService<EventStore.Migrator>().Migrate(Ct);
        var tenants = services.GetRequiredService<ITenants>();
        await tenants.Add("umbrella", placement, Ct);
        await tenants.Add("other", ct: Ct);
        var runner = services.GetRequiredService<ProjectionRunner>();
        await runner.StartAsync(Ct);
        var last = 0L;
        for (var note = 0; note < 20; note++)
        {
            last = await Write(services, note % 2 == 0 ? "umbrella" : "other", $"note {note}");
        }

        await runner.WaitForAll(last, Patience, Ct);
        await runner.StopAsync(Ct);

        // As in the middle of a rebuild: some of the tenant's documents lie in the shadow.
        await services.GetRequiredService<ProjectionOperations>().Rebuild("notes.cards", Ct);
        await Execute(database, "insert into notes_shadow.mt_doc_notecard select * from notes.mt_doc_notecard");
        Assert.Equal(10, await Count(services, "umbrella"));

        await tenants.Drop("umbrella", Ct);

        Assert.Equal((0, 10), (await Count(services, "umbrella"), await Count(services, "other")));
        Assert.Equal(["other"], await Column(database, "select distinct tenant_id::text from notes_shadow.mt_doc_notecard"));
        Assert.Equal(["other"], await Column(database, "select distinct tenant_id::text from notes.mt_doc_notecard"));
        Assert.Equal(["other"], (await tenants.List(Ct)).Select(tenant => tenant.Id));
    }

    [Fact]
    public async Task More_documents_than_fit_into_one_batch_are_removed_and_tables_that_are_not_there_hold_up_nothing()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var services = Services(database);
        await services.GetRequiredService<EventStore.Migrator>().Migrate(Ct);
        var tenants = services.GetRequiredService<ITenants>();
        await tenants.Add("early", ct: Ct);
        await tenants.Drop("early", Ct);

        await tenants.Add("umbrella", ct: Ct);
        await services.GetRequiredService<IViewStore>().Prepare(typeof(NoteCard), Ct);
        await Execute(
            database,
            """
            insert into notes.mt_doc_notecard (tenant_id, id, data)
            select 'umbrella', gen_random_uuid(), '{"title": "t", "length": 1}' from generate_series(1, 20500)
            """);
        await tenants.Drop("umbrella", Ct);

        Assert.Empty(await Column(database, "select tenant_id::text from notes.mt_doc_notecard"));
    }

    [Fact]
    public async Task The_tenants_of_a_host_remove_read_models_in_whichever_order_its_parts_are_registered()
    {
        await using var database = await postgres.CreateDatabase(Ct);
        await using var services = Services(database, readModelsFirst: true);

        Assert.IsType<TenantsWithReadModels>(services.GetRequiredService<ITenants>());
        Assert.Single(services.GetServices<ITenants>());
    }

    private static ServiceProvider Services(TestDatabase database, bool readModelsFirst = false)
    {
        var services = new ServiceCollection();
        services.AddSingleton(NpgsqlDataSource.Create(ConnectionStrings.Tune(database.ConnectionString)));
        services.AddSingleton(new DomainModelBuilder().AddEvent(typeof(NoteWritten)).AddEvent(typeof(NoteChanged)).AddAggregate(typeof(Note)).Build());
        services.AddSingleton<IDocumentStore>(_ => DocumentStore.For(options =>
        {
            options.Connection(database.DataSource);
            options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
            options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);
            options.Policies.AllDocumentsAreMultiTenanted();
            options.Policies.ForAllDocuments(mapping => mapping.DatabaseSchemaName = "notes");
            options.Schema.For<NoteCard>();
        }));
        services.AddProjection<NoteCards>();
        if (readModelsFirst)
        {
            services.AddReadModels().AddEventStore();
        }
        else
        {
            services.AddEventStore().AddReadModels();
        }

        return services.BuildServiceProvider();
    }

    private static async Task<long> Write(ServiceProvider services, string tenant, string title) => (await services.GetRequiredService<IEventStore>().Append(
        new(new(tenant, "note", Guid.CreateVersion7()), ExpectedVersion.None, [NewEvent.Of(new NoteWritten(title, "text"))]), Ct)).Position;

    private static async Task<int> Count(ServiceProvider services, string tenant)
    {
        await using var session = services.GetRequiredService<IDocumentStore>().QuerySession(tenant);
        return await session.Query<NoteCard>().CountAsync(Ct);
    }

    private static async Task Execute(TestDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private static async Task<List<string>> Column(TestDatabase database, string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var values = new List<string>();
        while (await reader.ReadAsync(Ct))
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }
}

public sealed record NoteCard(Guid Id, string Title, int Length);

public sealed class NoteCards : DocumentProjection<NoteCard>
{
    public NoteCards() : base("notes.cards", version: 1) => Reads<Note>();

    public override NoteCard? Apply(NoteCard? view, EventEnvelope envelope) => envelope.Event switch
    {
        NoteWritten e => new(envelope.AggregateId, e.Title, e.Text.Length),
        NoteChanged e => view! with { Length = e.Text.Length },
        _ => view,
    };
}
