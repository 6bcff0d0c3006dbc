using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Hosting;
using Monolith.Users.Domain;
using Monolith.Users.Features;
using Monolith.Users.Integration;
using Monolith.Users.ReadModels;

namespace Monolith.Users;

/// <summary>Who signs in: email address, username, password, profile.</summary>
public sealed class UsersModule : Module
{
    /// <inheritdoc/>
    public override string Name => "users";

    /// <inheritdoc/>
    public override void Configure(ModuleBuilder module)
    {
        ArgumentNullException.ThrowIfNull(module);
        module.Services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        module.AddProjection<UserProfiles>();
        module.AddPublisher<UserPublisher>();

        // The list is counted and sorted for every page, and users change seldom.
        module.CacheReadsOf<UserProfiles>();

        // Not unique: claims are, at the moment of the write. Here two users may swap their addresses within one batch.
        module.Documents(documents => documents.For<UserProfile>()
            .StartIndexesByTenantId()
            .Index(profile => profile.EmailKey)
            .Index(profile => profile.UsernameKey));
    }

    /// <inheritdoc/>
    public override void MapRoutes(RouteGroupBuilder routes)
    {
        routes.MapCreateUser();
        routes.MapListUsers();
        routes.MapGetUser();
        routes.MapGetHistory();
        routes.MapChangeEmail();
        routes.MapChangePassword();
        routes.MapUpdateProfile();
        routes.MapActivateUser();
        routes.MapDeactivateUser();
        routes.MapDeleteUser();
    }
}
