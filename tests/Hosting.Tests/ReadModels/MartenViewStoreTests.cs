using JasperFx;
using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;
using Monolith.Testing;
using Npgsql;
using Weasel.Core;

namespace Monolith.Hosting.Tests.ReadModels;

public sealed class MartenViewStoreTests(PostgresFixture postgres)
{
    private const string Definition =
        """
        select format('%s %s', attname, atttypid::regtype) from pg_attribute where attrelid = 'crm.mt_doc_contact'::regclass and attnum > 0
        union all
        select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'crm.mt_doc_contact'::regclass
        union all
        select format('%s %s', conname, pg_get_constraintdef(oid)) from pg_constraint where conrelid = 'crm.mt_doc_contact'::regclass
        order by 1
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stored_views_are_ordinary_documents_of_their_tenants()
    {
        await using var bed = await Bed.Create(postgres);
        var id = Guid.NewGuid();
        var view = new Contact(id, "Ada", "ada@example.com", new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), ContactKind.Person, null);
        await bed.Write<Contact, Guid>([(new("acme", id), view), (new("other", id), view with { Name = "Other" })], []);

        await using var session = bed.Documents.QuerySession("acme");
        Assert.Equal(view, await session.LoadAsync<Contact>(id, Ct));
        Assert.Equal(view, await session.Query<Contact>().SingleAsync(contact => contact.Email == "ada@example.com", Ct));
        Assert.Equal(1, await session.Query<Contact>().CountAsync(contact => contact.Kind == ContactKind.Person && contact.Age == null, Ct));
        var metadata = await session.MetadataForAsync(view, Ct);
        Assert.Equal(("acme", typeof(Contact).FullName), (metadata!.TenantId, metadata.DotNetType));
        Assert.NotEqual(Guid.Empty, metadata.CurrentVersion);
    }

    [Fact]
    public async Task A_row_is_the_one_that_a_session_of_Marten_would_have_written()
    {
        await using var bed = await Bed.Create(postgres);
        var view = new Contact(Guid.NewGuid(), "Ünïcode 😀", "u@example.com", new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), ContactKind.Company, 7);
        await bed.Write<Contact, Guid>([(new("acme", view.Id), view)], []);
        await using (var session = bed.Documents.LightweightSession("other"))
        {
            session.Store(view);
            await session.SaveChangesAsync(Ct);
        }

        // Everything but the tenant, and the time and number of the write.
        var rows = await bed.Query("select (to_jsonb(d) - 'tenant_id' - 'mt_last_modified' - 'mt_version')::text from crm.mt_doc_contact d");

        Assert.Equal(2, rows.Count);
        Assert.Equal(rows[0], rows[1]);
    }

    [Fact]
    public async Task Views_of_many_tenants_are_loaded_with_one_query()
    {
        await using var bed = await Bed.Create(postgres);
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        await bed.Write<Contact, Guid>([(new("acme", one), A(one, "1")), (new("other", two), A(two, "2"))], []);

        var views = await bed.Load<Contact, Guid>([new("acme", one), new("other", two), new("acme", two), new("acme", Guid.NewGuid())]);

        Assert.Equal(["1", "2"], views.Values.Select(view => view.Name).Order());
        Assert.Equal("2", views[new("other", two)].Name);
    }

    [Fact]
    public async Task Views_are_replaced_and_removed()
    {
        await using var bed = await Bed.Create(postgres);
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        await bed.Write<Contact, Guid>([(new("acme", one), A(one, "1")), (new("acme", two), A(two, "2"))], []);
        await bed.Write<Contact, Guid>([(new("acme", one), A(one, "new") with { Email = "new@example.com" })], [new("acme", two), new("acme", Guid.NewGuid())]);

        await using var session = bed.Documents.QuerySession("acme");
        Assert.Equal("new", (await session.Query<Contact>().SingleAsync(Ct)).Name);
        Assert.Equal(1, await session.Query<Contact>().CountAsync(contact => contact.Email == "new@example.com", Ct));
    }

    [Fact]
    public async Task Ids_may_be_text_or_numbers()
    {
        await using var bed = await Bed.Create(postgres);
        await bed.Write<Tag, string>([(new("acme", "a/'b'"), new Tag("a/'b'", 1))], []);
        await bed.Write<Day, long>([(new("acme", 20260102), new Day(20260102, 5))], []);

        Assert.Equal(1, (await bed.Load<Tag, string>([new("acme", "a/'b'")])).Values.Single().Uses);
        await using var session = bed.Documents.QuerySession("acme");
        Assert.Equal(5, (await session.LoadAsync<Day>(20260102, Ct))!.Visits);
    }

    [Fact]
    public async Task A_shadow_is_filled_beside_the_live_views_and_takes_their_place_with_indexes_and_all()
    {
        await using var bed = await Bed.Create(postgres);
        await bed.Documents.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        var (old, @new) = (Guid.NewGuid(), Guid.NewGuid());
        await bed.Write<Contact, Guid>([(new("acme", old), A(old, "old"))], []);
        var definition = await bed.Query(Definition);
        await bed.InTransaction(connection => bed.Views.MakeShadow(connection, typeof(Contact), Ct));
        await bed.Batch((views, batch) => views.Write(batch, ViewRows.Shadow, new ViewChanges<Contact, Guid>([(new("acme", @new), A(@new, "new"))], [])));

        await using var session = bed.Documents.QuerySession("acme");
        Assert.Equal("old", (await session.Query<Contact>().SingleAsync(Ct)).Name);
        Assert.Equal("new", (await bed.Load<Contact, Guid>([new("acme", @new), new("acme", old)], ViewRows.Shadow)).Values.Single().Name);

        await bed.InTransaction(connection => bed.Views.Promote(connection, typeof(Contact), Ct));

        Assert.Equal("new", (await session.Query<Contact>().SingleAsync(Ct)).Name);
        Assert.Equal(definition, await bed.Query(Definition));
        await bed.Documents.Storage.Database.AssertDatabaseMatchesConfigurationAsync(Ct);
        Assert.Equal(1, await session.Query<Contact>().CountAsync(contact => contact.Email == "new@example.com", Ct));
    }

    [Fact]
    public async Task A_shadow_that_is_not_wanted_any_more_is_dropped()
    {
        await using var bed = await Bed.Create(postgres);
        await bed.InTransaction(connection => bed.Views.DropShadow(connection, typeof(Contact), Ct));
        await bed.InTransaction(connection => bed.Views.MakeShadow(connection, typeof(Contact), Ct));
        await bed.InTransaction(connection => bed.Views.MakeShadow(connection, typeof(Contact), Ct));
        await bed.InTransaction(connection => bed.Views.DropShadow(connection, typeof(Contact), Ct));

        Assert.Empty(await bed.Query("select tablename::text from pg_tables where schemaname = 'crm_shadow'"));
    }

    [Fact]
    public async Task A_document_that_a_projection_cannot_write_is_refused_by_name()
    {
        await using var bed = await Bed.Create(postgres);

        var refused = await Assert.ThrowsAsync<InvalidModelException>(() => bed.Views.Prepare(typeof(Kept), Ct));
        Assert.Contains("keeps deleted documents", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<InvalidModelException>(() => bed.Views.Prepare(typeof(Global), Ct));
        Assert.Contains("lacks tenant_id", refused.Message, StringComparison.Ordinal);
    }

    private static Contact A(Guid id, string name) => new(id, name, name + "@example.com", DateTimeOffset.UnixEpoch, ContactKind.Person, 1);

    private sealed class Bed : IAsyncDisposable
    {
        private readonly TestDatabase database;

        private Bed(TestDatabase database)
        {
            this.database = database;
            Documents = DocumentStore.For(options =>
            {
                options.Connection(database.DataSource);
                options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
                options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);
                options.Policies.AllDocumentsAreMultiTenanted();
                options.Policies.ForAllDocuments(mapping => mapping.DatabaseSchemaName = "crm");
                options.Schema.For<Contact>()
                    .Duplicate(contact => contact.Email).Duplicate(contact => contact.Since).Duplicate(contact => contact.Kind).Duplicate(contact => contact.Age)
                    .Index(contact => contact.Name);
                options.Schema.For<Kept>().SoftDeleted();
                options.Schema.For<Global>().SingleTenanted();
            });
            Views = new(Documents);
        }

        public DocumentStore Documents { get; }

        public MartenViewStore Views { get; }

        // Tables change places by a function of the event store's schema.
        public static async Task<Bed> Create(PostgresFixture postgres)
        {
            var empty = await postgres.CreateDatabase(Ct);
            await new Monolith.EventStore.Migrator(empty.DataSource, new DomainModelBuilder().Build()).Migrate(Ct);
            return new(empty);
        }

        public async Task Write<TView, TKey>(IReadOnlyList<(ViewKey<TKey>, TView)> stored, IReadOnlyList<ViewKey<TKey>> removed)
            where TView : class
            where TKey : notnull
        {
            await Views.Prepare(typeof(TView), Ct);
            await Batch((views, batch) => views.Write(batch, ViewRows.Live, new ViewChanges<TView, TKey>(stored, removed)));
        }

        public async Task InTransaction(Func<NpgsqlConnection, Task> act)
        {
            await using var connection = await database.DataSource.OpenConnectionAsync(Ct);
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await act(connection);
            await transaction.CommitAsync(Ct);
        }

        public async Task Batch(Action<IViewStore, NpgsqlBatch> fill)
        {
            await using var batch = database.DataSource.CreateBatch();
            fill(Views, batch);
            await batch.ExecuteNonQueryAsync(Ct);
        }

        public async Task<IReadOnlyDictionary<ViewKey<TKey>, TView>> Load<TView, TKey>(IReadOnlyList<ViewKey<TKey>> keys, ViewRows rows = ViewRows.Live)
            where TView : class
            where TKey : notnull
        {
            await using var connection = await database.DataSource.OpenConnectionAsync(Ct);
            return await Views.Load<TView, TKey>(connection, rows, keys, Ct);
        }

        public async Task<List<string>> Query(string sql)
        {
            await using var command = database.DataSource.CreateCommand(sql);
            await using var reader = await command.ExecuteReaderAsync(Ct);
            var rows = new List<string>();
            while (await reader.ReadAsync(Ct))
            {
                rows.Add(reader.GetString(0));
            }

            return rows;
        }

        public async ValueTask DisposeAsync()
        {
            await Documents.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}

public enum ContactKind
{
    Person,
    Company,
}

public sealed record Contact(Guid Id, string Name, string Email, DateTimeOffset Since, ContactKind Kind, int? Age);

public sealed record Tag(string Id, int Uses);

public sealed record Day(long Id, int Visits);

public sealed record Kept(Guid Id);

public sealed record Global(Guid Id);
