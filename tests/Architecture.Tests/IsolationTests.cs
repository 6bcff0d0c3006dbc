using System.Reflection;
using System.Text.RegularExpressions;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.EventStore.Projections;
using Monolith.Hosting;
using Npgsql;
using Module = Monolith.Hosting.Module;

namespace Monolith.Architecture.Tests;

/// <summary>A module's data is its own: no other reads or writes it, and it is found in one schema.</summary>
public sealed partial class IsolationTests
{
    private static readonly Module[] Modules =
        [.. Repository.Modules.Select(assembly => (Module)Activator.CreateInstance(assembly.GetTypes().Single(type => type.IsSubclassOf(typeof(Module))))!)];

    public static TheoryData<string> Names => [.. Modules.Select(module => module.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_module_uses_nothing_of_another_but_its_contracts(string name)
    {
        var module = Assembly.GetAssembly(Of(name).GetType())!;

        Assert.DoesNotContain(module.GetReferencedAssemblies(), reference => Repository.Modules.Any(other => other != module && other.GetName().Name == reference.Name));
    }

    [Fact]
    public void Every_document_lies_in_the_schema_of_its_module_and_no_two_share_a_table()
    {
        using var host = Host();
        var documents = host.Services.GetRequiredService<IDocumentStore>().Options.AllKnownDocumentTypes()
            .Where(document => Repository.Modules.Contains(document.DocumentType.Assembly))
            .ToList();

        Assert.NotEmpty(documents);
        Assert.All(documents, document => Assert.Equal(Modules.Single(module => module.GetType().Assembly == document.DocumentType.Assembly).Name, document.TableName.Schema));
        Assert.Equal(documents.Count, documents.Select(document => document.TableName.QualifiedName).Distinct().Count());
    }

    [Fact]
    public void Every_table_of_a_projection_lies_in_the_schema_of_its_module_and_no_two_share_one()
    {
        using var host = Host();
        var tables = host.Services.GetRequiredService<ProjectionCatalog>().All.OfType<TableProjection>().Where(table => Repository.Modules.Contains(table.GetType().Assembly)).ToList();

        Assert.All(tables, table => Assert.Equal(Modules.Single(module => module.GetType().Assembly == table.GetType().Assembly).Name, table.Schema));
        var names = tables.SelectMany(table => table.Tables.Select(name => $"{table.Schema}.{name}")).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_projection_of_a_module_reads_the_events_of_another(string name)
    {
        using var host = Host();
        var module = Of(name).GetType().Assembly;

        Assert.All(
            host.Services.GetRequiredService<ProjectionCatalog>().All.Where(projection => projection.GetType().Assembly == module),
            projection => Assert.All(projection.Aggregates, aggregate => Assert.Equal(module, aggregate.Assembly)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_SQL_of_a_module_names_no_schema_but_its_own(string name)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, Repository.SourceProjects.Single(project => Repository.AssemblyOf(project) == Of(name).GetType().Assembly)))!;

        Assert.Empty(Directory.EnumerateFiles(folder, "*.*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".sql" && !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .SelectMany(file => ForeignSchemas(File.ReadAllText(file), name).Select(schema => $"{Repository.Relative(file)}: {schema}")));
    }

    [Theory]
    [InlineData("select * from users.mt_doc_userprofile", "users")]
    [InlineData("insert into eventstore.events values (1)", "eventstore")]
    [InlineData("select 1 from totals t join \"wolverine\".nodes n on true", "wolverine")]
    [InlineData("select 1 from accounts.totals")]
    [InlineData("select 1 from totals")]
    public void A_foreign_schema_is_found(string sql, params string[] schemas) => Assert.Equal(schemas, ForeignSchemas(sql, "accounts"));

    // Only what SQL says of tables: a sentence seldom puts a dot behind the word after "from".
    private static IEnumerable<string> ForeignSchemas(string text, string own) => TableReference().Matches(text).Select(match => match.Groups["schema"].Value).Where(schema => schema != own);

    private static Module Of(string name) => Modules.Single(module => module.Name == name);

    private static WebApplication Host()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Services.AddSingleton(NpgsqlDataSource.Create("Host=localhost"));
        builder.AddMonolith(typeof(IsolationTests).Assembly, Modules);
        return builder.Build();
    }

    [GeneratedRegex(
        """\b(from|join|into|update|table|truncate|exists|only|references|on)\s+"?(?<schema>[a-z_][a-z0-9_]*)"?\."?[a-z_][a-z0-9_]*"?""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex TableReference();
}
