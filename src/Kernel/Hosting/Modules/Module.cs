using Microsoft.AspNetCore.Routing;

namespace Monolith.Hosting;

/// <summary>
/// A bounded context of the host. Each module has one public sealed class that derives from this, and the host's <c>Program.cs</c> lists them.
/// What its assembly declares is found by itself: events, aggregates, upcasters, message handlers, validators.
/// </summary>
/// <remarks>
/// A use case is one file that reads from top to bottom: the command or query, what makes it valid, its route, its handler.
/// Messages, handlers and validators are public, because Wolverine calls them from generated code.
/// <code>
/// public sealed record ChangeEmail(Guid UserId, string Email, long? RequiredVersion);
///
/// public sealed class ChangeEmailValidator : AbstractValidator&lt;ChangeEmail&gt;
/// {
///     public ChangeEmailValidator() => RuleFor(command => command.Email).NotEmpty().MaximumLength(254).EmailAddress();
/// }
///
/// internal static class ChangeEmailRoute
/// {
///     internal sealed record Body(string Email);
///
///     internal static void MapChangeEmail(this RouteGroupBuilder routes) => routes
///         .MapPut("/{id:guid}/email", async (Guid id, Body body, IfMatch ifMatch, IMessageBus bus, CancellationToken ct) =>
///             Reply.Saved(await bus.InvokeAsync&lt;Saved&gt;(new ChangeEmail(id, body.Email, ifMatch.Version), ct)))
///         .WithSummary("Changes the email address")
///         .WithExample(new Body("ada@example.com"))
///         .Rejects("email_taken", "user_deleted");
/// }
///
/// public static class ChangeEmailHandler
/// {
///     public static Task&lt;Saved&gt; Handle(ChangeEmail command, AggregateRepository&lt;User&gt; users, CancellationToken ct) =>
///         users.Update(command.UserId, user => user.ChangeEmail(command.Email), command.RequiredVersion, ct);
/// }
/// </code>
/// The <c>IMessageBus</c> of a request already carries the tenant of the caller's token. Handlers read with an injected <c>IQuerySession</c> of Marten, which is
/// opened for that tenant, and answer null for what does not exist.
/// </remarks>
public abstract class Module
{
    /// <summary>
    /// A lower-case word that never changes: routes lie under <c>/api/{Name}</c>, documents in the schema of this name, and the API
    /// description groups by it.
    /// </summary>
    public abstract string Name { get; }

    /// <summary>
    /// What a token may permit in this module. By convention a route demands <c>{Name}:read</c> when it is a GET, else <c>{Name}:write</c>; a module that declares more has routes
    /// that demand them with <see cref="RouteAccess.Requires"/>.
    /// </summary>
    public virtual IReadOnlyList<string> Permissions => [ReadPermission, WritePermission];

    internal string ReadPermission => $"{Name}:read";

    internal string WritePermission => $"{Name}:write";

    /// <summary>Says what the module brings along beside what its assembly declares. Called once, before the host is built.</summary>
    public virtual void Configure(ModuleBuilder module)
    {
    }

    /// <summary>Maps the routes. Called once.</summary>
    /// <param name="routes">A group with the module's prefix and tag; every route in it needs a token with a tenant and a permission.</param>
    public virtual void MapRoutes(RouteGroupBuilder routes)
    {
    }
}
