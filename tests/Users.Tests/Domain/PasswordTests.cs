using System.Text.Json;
using Monolith.EventSourcing;
using Monolith.Users.Domain;
using Xunit;

namespace Monolith.Users.Tests.Domain;

public class PasswordTests
{
    private const string Secret = "correct horse battery";

    [Fact]
    public void A_password_shows_only_a_mask() => Assert.Equal("***", $"{new Password(Secret)}");

    [Fact]
    public void A_password_is_read_from_json_but_never_written()
    {
        Assert.Equal(Secret, JsonSerializer.Deserialize<Password>($"\"{Secret}\"").Reveal());
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new Password(Secret)));
    }

    [Fact]
    public void A_hash_shows_only_a_mask_also_inside_events_and_state()
    {
        var hash = new PasswordHash(Secret);
        var created = new UserCreated("ada@example.com", "ada", hash, "Ada", "Lovelace");

        Assert.All(
            [hash, created, new PasswordChanged(hash), UserState.Initial.Apply(created)],
            (object value) => Assert.DoesNotContain(Secret, value.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void A_hash_is_stored_as_plain_text()
    {
        var json = JsonSerializer.Serialize(new PasswordChanged(new PasswordHash("AQAAAA")), EventJson.Options);

        Assert.Equal("""{"passwordHash":"AQAAAA"}""", json);
        Assert.Equal(new PasswordHash("AQAAAA"), JsonSerializer.Deserialize<PasswordChanged>(json, EventJson.Options)!.PasswordHash);
    }

    [Fact]
    public void No_hash_survives_a_snapshot() =>
        Assert.Equal(PasswordHash.None, JsonSerializer.Deserialize<PasswordHash>(JsonSerializer.Serialize(PasswordHash.None)));
}
