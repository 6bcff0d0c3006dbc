using System.Text.Json;
using System.Text.RegularExpressions;
using FluentValidation;
using Microsoft.AspNetCore.Http;

namespace Monolith.Hosting;

/// <summary>Describes requests that are wrong in form, field by field, without naming a type of ours.</summary>
internal static partial class InvalidRequests
{
    private const string Summary = "The request is not valid; see the messages by field.";

    /// <summary>The largest body that is read, in bytes.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    private static readonly string[] MustBeGiven = ["Must be given."];

    public static Problem TooLarge { get; } = new(
        StatusCodes.Status413PayloadTooLarge, "too_large", $"The request's body is larger than {MaxBodyBytes} bytes.");

    public static Problem NotJson { get; } = new(
        StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "The request's body must be application/json.");

    public static Problem Describe(ValidationException invalid) => Problem.Invalid(Summary) with
    {
        Errors = invalid.Errors
            .GroupBy(failure => CamelCase(failure.PropertyName), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Select(failure => failure.ErrorMessage).Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal),
    };

    public static Problem Describe(BadHttpRequestException bad) => bad switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge,
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => NotJson,
        { InnerException: JsonException json } => Describe(json),
        _ => Problem.Invalid(Sentence(bad)),
    };

    private static Problem Describe(JsonException json)
    {
        var missing = MissingMembers().Match(json.Message);
        if (missing.Success)
        {
            return Problem.Invalid(Summary) with
            {
                Errors = Quoted().Matches(missing.Groups["names"].Value)
                    .ToDictionary(name => name.Groups["name"].Value, _ => MustBeGiven, StringComparer.Ordinal),
            };
        }

        var field = json.Path is { Length: > 2 } path ? path[2..] : null;
        return field is null
            ? Problem.Invalid("The request's body is not the JSON that the API description asks for.")
            : Problem.Invalid(Summary) with { Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [Reason(json)] } };
    }

    private static string Reason(JsonException json) => json switch
    {
        RefusedTextException refused => refused.Message,
        _ when json.Message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal) => "Is not known here.",
        _ => "Is not of the form that the API description asks for.",
    };

    // The framework's own sentences name parameters and CLR types; ours, thrown while a parameter is bound, do not.
    private static string Sentence(BadHttpRequestException bad) =>
        ParameterName().Match(bad.Message) is { Success: true } parameter
            ? $"The parameter '{parameter.Groups["name"].Value}' is missing or not of the form that the API description asks for."
            : bad is RefusedRequestException ? bad.Message : "The request cannot be read.";

    private static string CamelCase(string path) => string.Join('.', path.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));

    [GeneratedRegex("""including: (?<names>'.*')""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MissingMembers();

    [GeneratedRegex("""'(?<name>[^']+)'""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex("""parameter "[^" ]+ (?<name>\w+)" """, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ParameterName();
}

/// <summary>A request that this host refuses for its form. Its message is for the caller.</summary>
internal sealed class RefusedRequestException(string message) : BadHttpRequestException(message);
