using Monolith.Webhooks.Domain;
using static Monolith.Testing.Scenario;

namespace Monolith.Webhooks.Tests.Domain;

public class EndpointTests
{
    private static readonly ProtectedSecret Secret = new("one");
    private static readonly ProtectedSecret Next = new("two");
    private static readonly EndpointRegistered Registered = new("https://example.com/hooks", ["users.*"], Secret);
    private static readonly DateTimeOffset Until = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_endpoint_begins_active() =>
        Given<Endpoint>().When(endpoint => endpoint.Register(Registered.Url, Registered.Events, Secret))
            .ThenState<EndpointState>(state => Assert.Equal((EndpointStatus.Active, Registered.Url, Secret), (state.Status, state.Url, state.Secret)));

    [Fact]
    public void An_endpoint_is_registered_once() =>
        Given<Endpoint>(Registered).When(endpoint => endpoint.Register(Registered.Url, Registered.Events, Secret)).ThenRejected("endpoint_exists");

    [Fact]
    public void A_pause_has_a_reason_and_a_second_one_changes_nothing()
    {
        Given<Endpoint>(Registered).When(endpoint => endpoint.Pause("We move.")).Then(new EndpointPaused("We move.", ByItself: false));
        Given<Endpoint>(Registered, new EndpointPaused("We move.", ByItself: false)).When(endpoint => endpoint.Pause("Again.", byItself: true)).ThenNothing();
    }

    [Fact]
    public void A_paused_endpoint_is_resumed_and_an_active_one_stays_as_it_is()
    {
        Given<Endpoint>(Registered, new EndpointPaused("x", ByItself: true)).When(endpoint => endpoint.Resume()).Then(new EndpointResumed());
        Given<Endpoint>(Registered).When(endpoint => endpoint.Resume()).ThenNothing();
    }

    [Fact]
    public void After_a_rotation_both_secrets_sign_until_the_former_is_over() =>
        Given<Endpoint>(Registered).When(endpoint => endpoint.RotateSecret(Next, Until))
            .Then(new EndpointSecretRotated(Next, Until))
            .ThenState<EndpointState>(state =>
            {
                Assert.Equal([Next, Secret], state.SecretsAt(Until.AddTicks(-1)));
                Assert.Equal([Next], state.SecretsAt(Until));
            });

    [Fact]
    public void A_removed_endpoint_has_no_secret_and_nothing_follows()
    {
        Given<Endpoint>(Registered).When(endpoint => endpoint.Remove())
            .ThenState<EndpointState>(state => Assert.Equal((EndpointStatus.Removed, ProtectedSecret.None), (state.Status, state.Secret)));
        Given<Endpoint>(Registered, new EndpointRemoved()).When(endpoint => endpoint.Resume()).ThenRejected("endpoint_removed");
        Given<Endpoint>(Registered, new EndpointRemoved()).When(endpoint => endpoint.RotateSecret(Next, Until)).ThenRejected("endpoint_removed");
        Given<Endpoint>().When(endpoint => endpoint.Remove()).ThenRejected("endpoint_not_registered");
    }

    [Fact]
    public void A_secret_shows_itself_in_no_text() => Assert.DoesNotContain("one", Registered.ToString(), StringComparison.Ordinal);
}
