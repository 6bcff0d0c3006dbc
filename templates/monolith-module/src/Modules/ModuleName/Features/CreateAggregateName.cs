using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Monolith.EventSourcing;
using Monolith.Hosting;
using Monolith.ModuleName.Domain;
using Wolverine;

namespace Monolith.ModuleName.Features;

/// <summary>Creates one.</summary>
/// <param name="AggregateNameId">The new one's id, so that a repeat makes no second one.</param>
/// <param name="Title">What it is called.</param>
public sealed record CreateAggregateName(Guid AggregateNameId, string Title);

/// <summary>What makes the command valid.</summary>
public sealed class CreateAggregateNameValidator : AbstractValidator<CreateAggregateName>
{
    /// <summary>The rules.</summary>
    public CreateAggregateNameValidator() => RuleFor(command => command.Title).Title();
}

internal static class CreateAggregateNameRoute
{
    internal sealed record Body(string Title);

    internal static void MapCreateAggregateName(this RouteGroupBuilder routes) => routes
        .MapPost("/", async (Body body, IMessageBus bus, CancellationToken ct) =>
        {
            var command = new CreateAggregateName(Guid.CreateVersion7(), body.Title);
            return Reply.Created(await bus.InvokeAsync<Saved>(command, ct), $"/api/modulename/{command.AggregateNameId}");
        })
        .WithSummary("Creates one")
        .WithExample(new Body("The first"));
}

/// <summary>Handles <see cref="CreateAggregateName"/>.</summary>
public static class CreateAggregateNameHandler
{
    /// <summary>Decides and stores.</summary>
    public static Task<Saved> Handle(CreateAggregateName command, AggregateRepository<AggregateName> repository, CancellationToken ct)
    {
        var created = new AggregateName(command.AggregateNameId);
        created.Create(command.Title.Trim());
        return repository.Save(created, ct);
    }
}
