using Monolith.Contracts;
using Xunit;
using Xunit.Sdk;

namespace Monolith.Testing.Tests.Approval;

[IntegrationEvent("crates.crate_told")]
public sealed record CrateTold(Guid CrateId, decimal? Weight, Origin Origin, string Remark = "") : IIntegrationEvent;

public sealed class PublicContractsTests : IDisposable
{
    private const string Approved =
        """
        crates.crate_told
          crateId: Guid
          remark: String, optional

        sealed class Crates.CrateTold
          Guid CrateId { get; init; }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("monolith-contracts-").FullName;

    private string File => Path.Combine(folder, "Contracts.approved.txt");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Events_are_described_by_their_names_and_json_and_types_by_their_members()
    {
        var text = PublicContracts.Describe(typeof(CrateTold).Assembly);

        Assert.Contains("crates.crate_told\n  crateId: Guid\n", text, StringComparison.Ordinal);
        Assert.Contains("  origin.version: Int64\n", text, StringComparison.Ordinal);
        Assert.Contains("  remark: String, optional\n  weight: Decimal or null\n", text, StringComparison.Ordinal);
        Assert.Contains("sealed class Monolith.Testing.Tests.Approval.CrateTold : IIntegrationEvent\n  Decimal? Weight { get; init; }\n", text, StringComparison.Ordinal);
        Assert.Contains("  new(Guid CrateId, Decimal? Weight, Origin Origin, String Remark = )\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_approved_file_the_test_is_red_and_says_how_to_write_one()
    {
        Assert.Contains("MONOLITH_APPROVE=1", Red(Approved), StringComparison.Ordinal);
        PublicContracts.Match(Approved, File, approve: true);
        PublicContracts.Match(Approved, File, approve: false);
    }

    [Theory]
    [InlineData("  remark: String, optional", "  remark: String, optional\n  weight: Decimal or null, optional")]
    [InlineData("sealed class", "crates.crate_burnt\n  crateId: Guid\n\nsealed class")]
    public void What_is_added_and_breaks_nobody_can_be_approved(string before, string after)
    {
        PublicContracts.Match(Approved, File, approve: true);
        var now = Approved.Replace(before, after, StringComparison.Ordinal);

        Assert.Contains("If the change is meant", Red(now), StringComparison.Ordinal);
        PublicContracts.Match(now, File, approve: true);
        PublicContracts.Match(now, File, approve: false);
    }

    [Theory]
    [InlineData("  remark: String, optional\n", "")]
    [InlineData("crateId: Guid", "crateId: String")]
    [InlineData("crates.crate_told", "crates.told")]
    [InlineData("  remark: String, optional", "  remark: String, optional\n  weight: Decimal")]
    [InlineData("  Guid CrateId { get; init; }", "  String CrateId { get; init; }")]
    public void What_breaks_somebody_stays_red(string before, string after)
    {
        PublicContracts.Match(Approved, File, approve: true);
        var now = Approved.Replace(before, after, StringComparison.Ordinal);

        Assert.Contains("would break", Red(now, approve: true), StringComparison.Ordinal);
        Assert.Equal(now, System.IO.File.ReadAllText(File.Replace(".approved.", ".received.", StringComparison.Ordinal)));
    }

    private string Red(string declared, bool approve = false) => Assert.Throws<FailException>(() => PublicContracts.Match(declared, File, approve)).Message;
}
