using System.Globalization;
using JasperFx.CommandLine;
using Monolith.EventStore;

namespace Monolith.Host.Commands;

/// <summary>What <c>store sizes</c> takes.</summary>
public sealed class StoreSizesInput : OperatorInput;

/// <summary>Says what takes how much disk.</summary>
[Description("Says how many events of each aggregate type there are, and what they and their snapshots take on disk, by the catalog's estimates", Name = "store sizes")]
public sealed class StoreSizesCommand : OperatorCommand<StoreSizesInput>
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(StoreSizesInput input)
    {
        input.Answer.WriteTable(
            await Get<StoreSurvey>(input).Sizes(input.Ct),
            "There are no aggregate types.",
            ("type", type => type.AggregateType),
            ("events", type => type.Events?.ToString("n0", CultureInfo.InvariantCulture) ?? "not known yet"),
            ("partitions", type => type.Partitions.ToString(CultureInfo.InvariantCulture)),
            ("events take", type => Words(type.EventBytes)),
            ("archived", type => Words(type.ArchiveBytes)),
            ("snapshots take", type => Words(type.SnapshotBytes)));
        return ExitCode.Done;
    }

    private static string Words(long bytes)
    {
        var (size, unit) = ((double)bytes, 0);
        for (; size >= 1024 && unit < Units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {Units[unit]}");
    }
}
