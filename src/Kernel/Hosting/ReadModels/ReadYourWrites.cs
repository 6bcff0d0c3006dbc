using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Monolith.EventSourcing;
using Monolith.EventStore.Projections;

namespace Monolith.Hosting;

/// <summary>
/// Lets a caller read what it has written. A write answers its position in <c>Monolith-Position</c>; a query that is sent the same header is answered when the
/// read models it reads hold everything up to there, for the caller's tenant, or with 503 and <c>read_model_behind</c> when that takes too long.
/// </summary>
public static class ReadYourWrites
{
    private static readonly AsyncLocal<bool> Waited = new();

    /// <summary>Whether the query that runs has waited for a position: then it must not be answered with what was read before.</summary>
    internal static bool HasWaited => Waited.Value;

    /// <summary>Says which read model a query reads, so that it can wait for it. Give it once for each.</summary>
    /// <typeparam name="TProjection">The projection that writes the read model; of this host.</typeparam>
    public static RouteHandlerBuilder ReadsFrom<TProjection>(this RouteHandlerBuilder route) where TProjection : Projection =>
        route.WithMetadata(new ReadsFrom(typeof(TProjection)));

    /// <summary>Holds a query back until its read models have passed the position that the caller names.</summary>
    internal static async ValueTask<object?> Wait(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.GetEndpoint()?.Metadata.GetOrderedMetadata<ReadsFrom>() is { Count: > 0 } reads && Parse(http.Request) is { } position)
        {
            var services = http.RequestServices;
            var (runner, catalog) = (services.GetRequiredService<ProjectionRunner>(), services.GetRequiredService<ProjectionCatalog>());
            var longest = services.GetRequiredService<ReadModelOptions>().LongestWait;
            var tenant = OperationContext.Current.TenantId;
            Waited.Value = true;
            await Task.WhenAll(reads.Select(read => runner.WaitFor(NameOf(read, catalog), tenant, position, longest, http.RequestAborted)));
        }

        return await next(context);
    }

    private static string NameOf(ReadsFrom read, ProjectionCatalog catalog) =>
        catalog.All.FirstOrDefault(projection => projection.GetType() == read.Projection)?.Name
        ?? throw new InvalidModelException($"A route reads from {read.Projection.FullName}, which no module registers.");

    private static long? Parse(HttpRequest request)
    {
        var header = request.Headers[WriteAnswer.Position].ToString();
        if (header.Length == 0)
        {
            return null;
        }

        return long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position
            : throw new RefusedRequestException($"{WriteAnswer.Position} must be a position as an earlier answer gave it, such as 42.");
    }
}

/// <summary>How long queries wait for their read models: the section <c>ReadModels</c> of the configuration.</summary>
public sealed class ReadModelOptions
{
    /// <summary>How long a query that was sent a position waits at most.</summary>
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How old a cached answer may be, also when notices of changes are lost; zero to cache nothing.</summary>
    public TimeSpan CachedFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Throws unless every value is in its range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Check(LongestWait >= TimeSpan.Zero && LongestWait <= TimeSpan.FromSeconds(30), nameof(LongestWait), "0 to 30 seconds");
        Check(CachedFor >= TimeSpan.Zero && CachedFor <= TimeSpan.FromMinutes(10), nameof(CachedFor), "0 to 10 minutes");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"ReadModels:{name} is out of range; expected {expected}.", name);
        }
    }
}

internal sealed record ReadsFrom(Type Projection);
