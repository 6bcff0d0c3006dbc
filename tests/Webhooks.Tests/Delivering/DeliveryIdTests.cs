using System.Text.Json;
using Monolith.Contracts;
using Monolith.Hosting;
using Monolith.Webhooks.Delivering;

namespace Monolith.Webhooks.Tests.Delivering;

public sealed class DeliveryIdTests
{
    private static readonly Guid Endpoint = Guid.CreateVersion7();
    private static readonly Origin Origin = new("acme", Guid.CreateVersion7(), "user", Guid.CreateVersion7(), 1, 1, DateTimeOffset.UnixEpoch);

    [Fact]
    public void An_event_that_is_told_again_has_the_same_id() => Assert.Equal(IdOf("users.user_registered", Endpoint), IdOf("users.user_registered", Endpoint));

    [Fact]
    public void Another_endpoint_has_another_id() => Assert.NotEqual(IdOf("users.user_registered", Endpoint), IdOf("users.user_registered", Guid.CreateVersion7()));

    [Fact]
    public void A_stored_event_that_is_told_as_two_has_an_id_for_each() => Assert.NotEqual(IdOf("users.user_registered", Endpoint), IdOf("users.user_invited", Endpoint));

    private static Guid IdOf(string name, Guid endpoint) => Delivery.Of(new PublishedEvent(name, Origin, JsonElement.Parse("{}")), endpoint, isHeld: false).Id;
}
