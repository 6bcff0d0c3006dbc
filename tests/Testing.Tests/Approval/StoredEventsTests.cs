using Monolith.EventSourcing;
using Xunit;
using Xunit.Sdk;

namespace Monolith.Testing.Tests.Approval;

public sealed class StoredEventsTests : IDisposable
{
    private const string Packed =
        """
        crate.packed version 1
          at: DateTimeOffset
          care: enum normal|this_side_up
          code: Code
          codes: list or null, optional
          codes[]: Code
          contents: one of several by $type
          contents(books): form, optional
          contents(books).titles: list
          contents(books).titles[]: String or null
          contents(bottles): form, optional
          contents(bottles).glass: Boolean, optional
          contents(bottles).litres: Int32
          counts: map by enum normal|this_side_up
          counts{}: Int64
          former: Code or null, optional
          label: String
          layers: list
          layers[]: object or null
          layers[].above: as layers[] or null
          layers[].name: String
          layers[].size: object
          layers[].size.height: Decimal
          layers[].size.width: Double
          marks: enum torn|wet
          packer: String
          pieces: Int32
          place: String, optional
          remark: String or null
          size: object
          size.height: Decimal
          size.width: Double
          weights: map
          weights{}: Decimal

        """;

    private const string Sealed = "crate.sealed version 2, also stored as crate.closed, crate.shut\n  seal: Guid\n";
    private const string Opened = "crate.opened version 1\n";

    private static readonly DomainModel Model = new DomainModelBuilder()
        .AddEvent(typeof(CratePacked)).AddEvent(typeof(CrateSealed)).AddEvent(typeof(CrateOpened)).Add(new CrateSealedV1()).Add(new CrateDropped())
        .Build();

    private readonly string folder = Directory.CreateTempSubdirectory("monolith-approval-").FullName;

    private string Approved => Path.Combine(folder, "Crates.approved.txt");

    private string Received => Path.Combine(folder, "Crates.received.txt");

    [Fact]
    public void The_approved_file_lists_names_versions_aliases_and_every_member_in_an_order_that_the_code_does_not_show()
    {
        StoredEvents.Match(Model, Approved, approve: true);

        var written = File.ReadAllText(Approved);
        Assert.StartsWith("# ", written, StringComparison.Ordinal);
        Assert.EndsWith($"\n{Opened}\n{Packed}\n{Sealed}", written, StringComparison.Ordinal);
        StoredEvents.Match(Model, Approved, approve: false);
        Assert.Equal(written, File.ReadAllText(Approved));
    }

    [Fact]
    public void Line_ends_and_remarks_of_whoever_edits_the_file_do_not_matter()
    {
        File.WriteAllText(Approved, $"# a remark\r\n\r\n{Opened}\n{Packed}\n# another\n{Sealed}".ReplaceLineEndings("\r\n"));

        StoredEvents.Match(Model, Approved, approve: false);

        Assert.False(File.Exists(Received));
    }

    [Fact]
    public void A_module_without_an_approved_file_is_red_and_told_how_to_get_one()
    {
        var failure = Fails();

        Assert.Contains(Approved, failure, StringComparison.Ordinal);
        Assert.Contains("MONOLITH_APPROVE=1", failure, StringComparison.Ordinal);
        Assert.False(File.Exists(Approved));
    }

    [Fact]
    public void A_member_that_was_added_with_a_default_is_red_readable_and_approved_by_the_variable()
    {
        var failure = IsRed("  place: String, optional\n", "", isReadable: true);

        Assert.Equal(
            $"""
            The stored events are not those of {Approved}.

            crate.packed
              + place: String, optional

            Everything that is stored stays readable. If the change is meant, run the test with MONOLITH_APPROVE=1, and commit Crates.approved.txt.
            """,
            failure);
    }

    [Fact]
    public void A_member_that_was_added_without_a_default_is_red_until_the_version_is_raised()
    {
        var failure = IsRed("  packer: String\n", "", isReadable: false, "+ packer: String\n      what is stored has none: give it a default");

        Assert.Contains("raise the version and write an upcaster", failure, StringComparison.Ordinal);
        Assert.Contains(Received, failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_required_member_that_was_removed_is_red_and_readable() =>
        IsRed("  pieces: Int32\n", "  pieces: Int32\n  parts: Int32\n", isReadable: true, "- parts: Int32");

    [Fact]
    public void A_member_that_has_another_name_now_is_not_readable() => IsRed(
        "  place: String, optional\n", "  spot: String, optional\n", isReadable: false,
        "+ place: String, optional", "- spot: String, optional\n      if it has only another name now, what is stored is not read under that");

    [Theory]
    [InlineData("pieces: Int32", "pieces: String", "what is stored is of another type")]
    [InlineData("pieces: Int32", "pieces: Int64", "what is stored is of another type")]
    [InlineData("label: String", "label: String or null", "null may be stored")]
    [InlineData("packer: String", "packer: String, optional", "it may be missing in what is stored")]
    [InlineData("care: enum normal|this_side_up", "care: enum fragile|normal|this_side_up", "fragile may be stored")]
    [InlineData("marks: enum torn|wet", "marks: enum broken|torn|wet", "broken may be stored")]
    [InlineData("size.width: Double", "size.width: Decimal", "what is stored is of another type")]
    [InlineData("weights{}: Decimal", "weights{}: Decimal or null", "null may be stored")]
    [InlineData("contents(books): form, optional", "contents(boots): form, optional\n  contents(boots).pairs: Int32\n  contents(books): form, optional", "this form may be stored")]
    public void A_member_that_cannot_hold_what_is_stored_is_not_readable(string now, string approved, string problem) =>
        IsRed($"  {now}\n", $"  {approved}\n", isReadable: false, problem);

    [Theory]
    [InlineData("counts{}: Int64", "counts{}: Int32")]
    [InlineData("remark: String or null", "remark: String")]
    [InlineData("place: String, optional", "place: String")]
    [InlineData("care: enum normal|this_side_up", "care: enum normal")]
    [InlineData("contents(bottles): form, optional\n  contents(bottles).glass: Boolean, optional\n  contents(bottles).litres: Int32", "contents(bottle): form, optional")]
    public void A_member_that_can_hold_more_than_it_could_is_readable(string now, string approved)
    {
        var isForm = now.StartsWith("contents", StringComparison.Ordinal);
        IsRed($"  {now}\n", isForm ? "" : $"  {approved}\n", isReadable: true, now.Split(": ")[0]);
    }

    [Fact]
    public void What_lies_in_a_new_member_is_new_with_it() => IsRed(
        "  size: object\n  size.height: Decimal\n  size.width: Double\n", "", isReadable: false,
        "+ size: object\n      what is stored has none: give it a default\n  + size.height: Decimal\n  + size.width: Double\n\n");

    [Fact]
    public void A_new_event_is_readable() => IsRed(Opened, "", isReadable: true, "crate.opened\n  + it is new");

    [Fact]
    public void An_event_that_is_gone_is_not_readable_and_is_told_the_ways_out() =>
        IsRed(Opened, $"{Opened}\ncrate.shaken version 1\n  times: Int32\n", isReadable: false, "crate.shaken\n  - it is gone", "alias", "upcast");

    [Fact]
    public void An_event_that_is_gone_and_upcast_to_nothing_is_readable() =>
        IsRed(Opened, $"{Opened}\ncrate.dropped version 1\n", isReadable: true, "crate.dropped\n  - it is gone; upcasters read");

    [Fact]
    public void An_event_that_is_gone_and_was_stored_in_more_versions_than_are_upcast_is_not_readable() =>
        IsRed(Opened, $"{Opened}\ncrate.dropped version 2\n", isReadable: false, "crate.dropped\n  - it is gone, and");

    [Fact]
    public void A_stored_name_that_became_an_alias_is_readable_in_the_same_shape() =>
        IsRed(Sealed, "crate.shut version 2, also stored as crate.closed\n  seal: Guid\n", isReadable: true, "crate.shut\n  ~ it is called crate.sealed now");

    [Fact]
    public void A_stored_name_that_became_an_alias_is_not_readable_in_another_shape() =>
        IsRed(Sealed, "crate.shut version 2, also stored as crate.closed\n  seal: Int32\n", isReadable: false, "what is stored is of another type");

    [Fact]
    public void A_stored_name_that_only_changed_is_not_readable() =>
        IsRed(Opened, "crate.unlocked version 1\n", isReadable: false, "crate.unlocked\n  - it is gone", "crate.opened\n  + it is new");

    [Fact]
    public void A_shape_that_changed_with_its_version_is_readable_by_the_upcaster() =>
        IsRed(Sealed, "crate.sealed version 1, also stored as crate.closed, crate.shut\n  wax: Boolean\n", isReadable: true, "~ version 1 -> 2", "+ seal: Guid");

    [Fact]
    public void A_version_that_went_back_is_not_readable() =>
        IsRed(Sealed, Sealed.Replace("version 2", "version 3", StringComparison.Ordinal), isReadable: false, "version 3 may be stored, which nothing reads");

    [Fact]
    public void An_alias_that_is_gone_is_not_readable() =>
        IsRed(Sealed, Sealed.Replace("crate.shut", "crate.shut, crate.stuck", StringComparison.Ordinal), isReadable: false, "- alias crate.stuck", "unknown");

    [Fact]
    public void An_alias_that_was_added_is_readable() =>
        IsRed(Sealed, Sealed.Replace(", crate.shut", "", StringComparison.Ordinal), isReadable: true, "+ alias crate.shut");

    [Theory]
    [InlineData("  a: String\n", "before any event")]
    [InlineData("crate.opened\n", "not the heading of an event")]
    [InlineData("crate.opened version 1\n  nonsense\n", "not a member")]
    public void A_file_that_is_none_is_told_by_the_line_that_is_wrong(string text, string problem)
    {
        File.WriteAllText(Approved, text);

        Assert.Contains(problem, Assert.Throws<FormatException>(() => StoredEvents.Match(Model, Approved, approve: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_is_looked_for_beside_the_test() => Assert.Contains(
        Path.Combine("Approval", "Nothing.approved.txt"),
        Assert.Throws<FailException>(() => StoredEvents.MatchApproved(new DomainModelBuilder().Build(), "Nothing.approved.txt")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_folder_that_is_not_here_is_named() => Assert.Contains(
        "nowhere", Assert.Throws<FailException>(() => StoredEvents.Match(Model, Path.Combine(folder, "nowhere", "a.approved.txt"), approve: true)).Message, StringComparison.Ordinal);

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        File.Delete(Path.Combine(SourceFolder(), "Nothing.received.txt"));
    }

    private static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    // The approved file says something else where the code says this now.
    private string IsRed(string now, string approved, bool isReadable, params string[] says)
    {
        var complete = $"{Opened}\n{Packed}\n{Sealed}";
        Assert.Contains(now, complete, StringComparison.Ordinal);
        var before = complete.Replace(now, approved, StringComparison.Ordinal);
        File.WriteAllText(Approved, before);

        var failure = Fails();
        Assert.All(says, text => Assert.Contains(text, failure, StringComparison.Ordinal));
        Assert.Equal(isReadable, failure.Contains("Everything that is stored stays readable", StringComparison.Ordinal));
        Assert.EndsWith(complete, File.ReadAllText(Received), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Approved));

        // The variable approves what is readable, and nothing else.
        if (!isReadable)
        {
            Assert.Throws<FailException>(() => StoredEvents.Match(Model, Approved, approve: true));
            File.Move(Received, Approved, overwrite: true);
        }

        StoredEvents.Match(Model, Approved, approve: isReadable);
        Assert.EndsWith(complete, File.ReadAllText(Approved), StringComparison.Ordinal);
        Assert.False(File.Exists(Received));
        return failure;
    }

    private string Fails() => Assert.Throws<FailException>(() => StoredEvents.Match(Model, Approved, approve: false)).Message.ReplaceLineEndings("\n");
}
