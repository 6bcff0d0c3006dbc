using System.Runtime.Versioning;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Monolith.Hosting.Tests.Security;

public sealed class DevelopmentIssuerTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("monolith-key-");

    private string File => Path.Combine(folder.FullName, "local", "key.pem");

    public static bool HasModes => !OperatingSystem.IsWindows();

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void The_key_is_made_once_and_stays_also_when_several_make_it_at_once()
    {
        var keys = new string[8];
        Parallel.For(0, keys.Length, index => keys[index] = DevelopmentIssuer.Open(File).Key.KeyId);

        Assert.Single(keys.Distinct(StringComparer.Ordinal));
        Assert.Equal(keys[0], DevelopmentIssuer.Open(File).Key.KeyId);
        Assert.Equal([File, File + ".lock"], Directory.GetFiles(Path.GetDirectoryName(File)!).Order(StringComparer.Ordinal));
    }

    [Fact(SkipUnless = nameof(HasModes), Skip = "Windows has no modes.")]
    [UnsupportedOSPlatform("windows")]
    public void The_key_is_its_owners_alone_and_one_that_others_may_open_is_not_used()
    {
        DevelopmentIssuer.Open(File);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));

        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Throws<InvalidSettingException>(() => DevelopmentIssuer.Open(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_holds_no_key_is_named()
    {
        DevelopmentIssuer.Open(File);
        System.IO.File.WriteAllText(File, "no key");

        Assert.Contains(File, Assert.Throws<InvalidSettingException>(() => DevelopmentIssuer.Open(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_says_who_for_whom_what_and_until_when()
    {
        var token = new JsonWebToken(DevelopmentIssuer.Open(File).Issue("acme", "ada", ["notes:read", "notes:write"], ["operator"], TimeSpan.FromMinutes(5)));

        Assert.Equal(("ES256", "ada", "monolith-development"), (token.Alg, token.Subject, token.Issuer));
        Assert.Equal(("acme", "notes:read notes:write", "operator"), (token.GetClaim("tenant").Value, token.GetClaim("scope").Value, token.GetClaim("roles").Value));
        Assert.Equal(TimeSpan.FromMinutes(5), token.ValidTo - token.ValidFrom);
        Assert.Throws<ArgumentOutOfRangeException>(() => DevelopmentIssuer.Open(File).Issue("acme", "ada", [], lifetime: TimeSpan.FromDays(31)));
    }
}
