using Microsoft.AspNetCore.DataProtection;
using Monolith.Webhooks.Delivering;

namespace Monolith.Webhooks.Tests.Delivering;

public class SignatureTests
{
    private const string Body = """{"test": 2432232314}""";

    // Made with another implementation (Python's hmac), from the key and message of the examples of Standard Webhooks.
    [Fact]
    public void A_delivery_is_signed_as_Standard_Webhooks_has_it()
    {
        var key = Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Signature.Of("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", Body, [key]));
    }

    [Fact]
    public void With_two_keys_there_are_two_signatures() =>
        Assert.Equal(
            $"{Signature.Of("msg_1", "1", Body, [[1]])} {Signature.Of("msg_1", "1", Body, [[2]])}",
            Signature.Of("msg_1", "1", Body, [[1], [2]]));

    [Fact]
    public void A_secret_is_kept_encrypted_and_no_two_are_alike()
    {
        var secrets = new EndpointSecrets(new EphemeralDataProtectionProvider());
        var kept = secrets.Create();
        var clear = secrets.InClear(kept);

        Assert.StartsWith("whsec_", clear, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(clear[6..]).Length);
        Assert.Equal(Convert.FromBase64String(clear[6..]), secrets.KeyOf(kept));
        Assert.DoesNotContain(clear[6..], kept.Reveal(), StringComparison.Ordinal);
        Assert.NotEqual(clear, secrets.InClear(secrets.Create()));
    }
}
