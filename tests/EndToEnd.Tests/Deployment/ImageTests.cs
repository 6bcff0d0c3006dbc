using Monolith.Testing;
using Npgsql;

namespace Monolith.EndToEnd.Tests.Deployment;

/// <summary>The image, and the settings of the server that it works with.</summary>
public sealed class ImageTests(PostgresFixture postgres)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "ops");

    [Fact]
    public void The_image_holds_the_published_host_alone_runs_without_rights_and_says_how_it_is()
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, "Dockerfile"));
        var last = lines[Array.FindLastIndex(lines, line => line.StartsWith("FROM ", StringComparison.Ordinal))..];
        Assert.StartsWith("FROM mcr.microsoft.com/dotnet/aspnet:10.0", last[0], StringComparison.Ordinal);
        Assert.Equal("USER $APP_UID", last.Last(line => line.StartsWith("USER ", StringComparison.Ordinal)));
        Assert.Equal(["COPY --from=build /app ."], last.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal)));
        Assert.Contains(last, line => line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal));
        Assert.Contains(last, line => line.Contains("/health/live", StringComparison.Ordinal));
        Assert.Contains("EXPOSE 8080 9464", last);
        Assert.Equal("ENTRYPOINT [\"dotnet\", \"Monolith.Host.dll\"]", last[^1]);
    }

    [Fact]
    public async Task The_settings_of_the_server_are_settings_and_each_has_its_reason()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(Folder, "postgres", "postgresql.conf"), TestContext.Current.CancellationToken);
        var names = new List<string>();
        var hasReason = false;
        foreach (var line in lines)
        {
            hasReason = line.StartsWith('#') || (hasReason && line.Length > 0);
            if (line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
            {
                names.Add(line.Split('=')[0].Trim());
                Assert.True(hasReason, $"{names[^1]} has no reason.");
            }
        }

        await using var database = await postgres.CreateDatabase(TestContext.Current.CancellationToken);
        await using var command = database.DataSource.CreateCommand("select lower(name) from pg_settings where lower(name) = any ($1)");
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. names] });
        var known = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            known.Add(reader.GetString(0));
        }

        Assert.Equal(names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), known.Order(StringComparer.Ordinal));
    }
}
