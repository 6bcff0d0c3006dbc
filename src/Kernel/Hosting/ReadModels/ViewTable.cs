using Marten;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Hosting;

/// <summary>The table of one document type, as Marten lays it out, and the statements on it. Made once a type.</summary>
internal sealed class ViewTable
{
    private static readonly string[] Own = ["tenant_id", "id", "data", "mt_dotnet_type", "mt_last_modified", "mt_version"];

    private readonly string[] duplicated;
    private readonly bool isHierarchy;
    private readonly bool hasForeignKeys;

    public ViewTable(IReadOnlyStoreOptions options, Type viewType, ViewRows rows)
    {
        var document = options.FindOrResolveDocumentType(viewType);
        ViewType = viewType;
        Schema = document.TableName.Schema;
        Name = document.TableName.Name;
        RowsSchema = rows switch
        {
            ViewRows.Shadow => Schema + "_shadow",
            ViewRows.Aside => "pg_temp",
            _ => Schema,
        };
        QualifiedName = $"\"{RowsSchema}\".\"{Name}\"";
        TypeName = viewType.FullName!;
        isHierarchy = document.IsHierarchy();
        hasForeignKeys = document.ForeignKeys.Count > 0;

        // Marten says of each: "column" = expression over data.
        var duplicates = document.DuplicatedFields.Where(field => !field.OnlyForSearching).ToList();
        var columns = duplicates.Select(field => $"\"{field.ColumnName}\"").ToList();
        var values = duplicates.Zip(columns, (field, column) => field.UpdateSqlFragment()[(column.Length + " = ".Length)..]);
        duplicated = [.. duplicates.Select(field => field.ColumnName)];

        Load = Statement("load_views.sql");
        Remove = Statement("remove_views.sql");
        Store = Statement("store_views.sql")
            .Replace("{columns}", Each(columns), StringComparison.Ordinal)
            .Replace("{values}", Each(values), StringComparison.Ordinal)
            .Replace("{assignments}", Each(columns.Select(column => $"\n  {column} = excluded.{column}"), ","), StringComparison.Ordinal);
    }

    public Type ViewType { get; }

    public string Schema { get; }

    /// <summary>The schema that holds these rows.</summary>
    public string RowsSchema { get; }

    public string Name { get; }

    public string QualifiedName { get; }

    /// <summary>What Marten keeps as the type of each document.</summary>
    public string TypeName { get; }

    public string Load { get; }

    public string Store { get; }

    public string Remove { get; }


    /// <summary>Throws unless the statements write every column that the table needs.</summary>
    /// <param name="columns">The columns of the table, and which of them must be written.</param>
    /// <exception cref="InvalidModelException">The document is set up in a way that a projection cannot write.</exception>
    public void Check(IReadOnlyList<(string Name, bool IsRequired)> columns)
    {
        var known = Own.Concat(duplicated).ToHashSet(StringComparer.Ordinal);
        var missing = Own.Where(column => columns.All(actual => actual.Name != column)).ToList();
        var unknown = columns.Where(column => !known.Contains(column.Name) && column.IsRequired).Select(column => column.Name).ToList();
        var problem = columns.Count == 0 ? "does not exist"
            : isHierarchy ? "holds a hierarchy of types"
            : columns.Any(column => column.Name == "mt_deleted") ? "keeps deleted documents"
            : hasForeignKeys ? "has foreign keys"
            : missing.Count > 0 ? $"lacks {string.Join(", ", missing)}"
            : unknown.Count > 0 ? $"needs {string.Join(", ", unknown)}"
            : null;
        if (problem is not null)
        {
            throw new InvalidModelException(
                $"The table {QualifiedName} of {ViewType.FullName} {problem}. A projection writes plain documents: by tenant, with Marten's usual metadata, duplicated fields and indexes.");
        }
    }

    private string Statement(string file) => ReadModelStatements.Text(file).Replace("{table}", QualifiedName, StringComparison.Ordinal);

    private static string Each(IEnumerable<string> parts, string separator = ", ") => string.Concat(parts.Select(part => separator + part));
}
