using System.Globalization;
using JasperFx.CommandLine;
using Monolith.EventStore.Projections;

namespace Monolith.Host.Commands;

/// <summary>What <c>projections verify</c> takes.</summary>
public sealed class VerifyProjectionInput : ProjectionInput
{
    /// <summary>Which part.</summary>
    [Description("Which part of the keys is compared, as 0.01; all unless given")]
    public string? FractionFlag { get; set; }

    /// <summary>How many keys.</summary>
    [Description("About how many keys are compared, at random")]
    public string? KeysFlag { get; set; }

    /// <summary>What chooses them.</summary>
    [Description("What the sample is chosen by: the same number chooses the same keys again")]
    public string? SeedFlag { get; set; }

    /// <summary>How many differences are listed.</summary>
    [Description("How many differences are listed; 100 unless given")]
    public string? MaxFlag { get; set; }
}

/// <summary>Compares a read model with its events.</summary>
[Description("Replays the events of a read model aside and ends with 1 if its rows differ from what they give", Name = "projections verify")]
public sealed class VerifyProjectionCommand : OperatorCommand<VerifyProjectionInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(VerifyProjectionInput input)
    {
        var options = Options(input);
        var report = await input.Answer.Follow<VerificationProgress, VerificationReport>(
            at => $"{ProjectionWords.Of(at.Events)} events replayed, {at.ShardsDone} of {at.Shards} shards done",
            at => (double)at.ShardsDone / Math.Max(1, at.Shards),
            progress => Get<ProjectionOperations>(input).Verify(input.Projection, options, progress, input.Ct));
        input.Answer.Write(report, Lines(report));
        return report.Different == 0 ? ExitCode.Done : ExitCode.NotInOrder;
    }

    private static VerificationOptions Options(VerifyProjectionInput input) => new()
    {
        Fraction = input.FractionFlag is null ? 1
            : double.TryParse(input.FractionFlag, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var fraction) && fraction is > 0 and <= 1 ? fraction
            : throw new UsageException($"'{input.FractionFlag}' is not a fraction: more than 0, at most 1."),
        Keys = input.KeysFlag is null ? null : Whole(input.KeysFlag, "a number of keys", least: 1),
        Seed = input.SeedFlag is null ? 0 : Whole(input.SeedFlag, "a seed"),
        MaxDifferences = input.MaxFlag is null ? 100 : Whole(input.MaxFlag, "a number of differences"),
    };

    private static int Whole(string word, string what, int least = 0) =>
        ProjectionWords.Number(word, what) is var number && number >= least && number <= int.MaxValue ? (int)number : throw new UsageException($"'{word}' is not {what}.");

    private static IEnumerable<string> Lines(VerificationReport report)
    {
        yield return $"{ProjectionWords.Of(report.Compared)} rows of {report.Projection} compared with what {ProjectionWords.Of(report.Events)} events give: "
            + $"{ProjectionWords.Of(report.Different)} differ.";
        foreach (var difference in report.Differences)
        {
            yield return difference.Kind switch
            {
                DifferenceKind.Missing => $"  missing  {difference.Key}",
                DifferenceKind.Surplus => $"  surplus  {difference.Key}",
                _ => $"  differs  {difference.Key}: {string.Join(", ", difference.Members.Select(Of))}",
            };
        }

        if (report.Differences.FirstOrDefault(difference => difference.AggregateId is not null) is { } mendable)
        {
            yield return $"Mend one: projections rebuild {report.Projection} --tenant {mendable.TenantId} --aggregate {mendable.AggregateId}";
        }
    }

    private static string Of(MemberDifference member) => $"{member.Name} is {member.Live ?? "not there"} instead of {member.Replayed ?? "not there"}";
}
