using System.Text.RegularExpressions;

namespace Monolith.Architecture.Tests;

/// <summary>Callers decide by the codes of problems, so the table in <c>docs/http.md</c> has every one, and none that nobody gives.</summary>
public sealed partial class ProblemCodeTests
{
    [Fact]
    public void The_table_of_codes_in_the_guide_is_what_the_code_gives()
    {
        var documented = Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "http.md"))).Select(row => row.Groups["code"].Value).ToList();

        Assert.Equal(documented.Distinct(StringComparer.Ordinal), documented);
        Assert.Equal(Given().Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    // With a status beside it, as a rejection of a module, as the code of an error that becomes an answer, or as a route says of itself.
    private static HashSet<string> Given()
    {
        var codes = new HashSet<string>(StringComparer.Ordinal);
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Repository.Relative(file).Split('/').Any(folder => folder is "obj" or "bin" or "Generated"))
            .ToDictionary(Repository.Relative, File.ReadAllText);
        foreach (var (file, text) in sources)
        {
            codes.UnionWith(Codes(WithStatus(), text));
            codes.UnionWith(RouteCodes().Matches(text).SelectMany(call => Codes(Quoted(), call.Value)));
            if (file.StartsWith("src/Kernel/EventSourcing/Errors/", StringComparison.Ordinal))
            {
                codes.UnionWith(Codes(CodeConstant(), text));
            }

            if (file.StartsWith("src/Modules/", StringComparison.Ordinal))
            {
                codes.UnionWith(Codes(Rejection(), text));
            }
        }

        var answered = ErrorType().Matches(sources["src/Kernel/Hosting/Http/Problems.cs"]).Select(type => type.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var text in sources.Where(source => source.Key.StartsWith("src/Kernel/", StringComparison.Ordinal)).Select(source => source.Value))
        {
            codes.UnionWith(ErrorCode().Matches(text).Where(error => answered.Contains(error.Groups["type"].Value)).Select(error => error.Groups["code"].Value));
        }

        return codes;
    }

    private static IEnumerable<string> Codes(Regex pattern, string text) => pattern.Matches(text).Select(match => match.Groups["code"].Value);

    [GeneratedRegex(@"^\| `(?<code>[a-z_]+)` \| [0-9, ]+ \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Row();

    [GeneratedRegex("""(StatusCodes\.Status[0-9]+[A-Za-z]+|\(status), "(?<code>[a-z_]+)"|Problem\([0-9]+, "(?<code>[a-z_]+)"|Status < StatusCodes\.Status500InternalServerError \? "(?<code>[a-z_]+)"|\("(?<code>unauthenticated|token_expired|invalid_token)", """, RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex WithStatus();

    [GeneratedRegex("""\.(Rejects|Misses)\([^)]*\)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex RouteCodes();

    [GeneratedRegex("\"(?<code>[a-z_]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Quoted();

    [GeneratedRegex("""Rejection [A-Za-z]+ = new\(\s*"(?<code>[a-z_]+)",""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Rejection();

    [GeneratedRegex("""const string [A-Za-z]+ = "(?<code>[a-z_]+)";""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CodeConstant();

    [GeneratedRegex("[A-Za-z]+Exception", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ErrorType();

    [GeneratedRegex("""class (?<type>[A-Za-z]+Exception)\b[^{]*?EventSourcingException\(\s*"(?<code>[a-z_]+)",""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ErrorCode();
}
