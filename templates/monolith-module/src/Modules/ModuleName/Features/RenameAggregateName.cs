using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.ModuleName.Domain;
using Wolverine;

namespace Monolith.ModuleName.Features;

/// <summary>Calls one something else. Safe to repeat.</summary>
/// <param name="AggregateNameId">Which one.</param>
/// <param name="Title">What it is called from now on.</param>
/// <param name="RequiredVersion">The only version of it to act on; null for whatever is there.</param>
public sealed record RenameAggregateName(Guid AggregateNameId, string Title, long? RequiredVersion);

/// <summary>What makes the command valid.</summary>
public sealed class RenameAggregateNameValidator : AbstractValidator<RenameAggregateName>
{
    /// <summary>The rules.</summary>
    public RenameAggregateNameValidator() => RuleFor(command => command.Title).Title();
}

internal static class RenameAggregateNameRoute
{
    internal sealed record Body(string Title);

    internal static void MapRenameAggregateName(this RouteGroupBuilder routes) => routes
        .MapPut("/{id:guid}/title", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
            Reply.Saved(await bus.InvokeAsync<Saved>(new RenameAggregateName(id, body.Title, ifMatch.Version), ct)))
        .WithSummary("Calls one something else")
        .WithExample(new Body("The very first"));
}

/// <summary>Handles <see cref="RenameAggregateName"/>.</summary>
public static class RenameAggregateNameHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(RenameAggregateName command, AggregateRepository<AggregateName> repository, CancellationToken ct) =>
        repository.Update(command.AggregateNameId, found => found.Rename(command.Title.Trim()), command.RequiredVersion, ct);
}
