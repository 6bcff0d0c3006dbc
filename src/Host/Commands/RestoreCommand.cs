using JasperFx.CommandLine;
using Monolith.Hosting;

namespace Monolith.Host.Commands;

/// <summary>What <c>restore</c> takes.</summary>
public sealed class RestoreInput : AggregateInput;

/// <summary>Moves a stream out of the archive.</summary>
[Description("Moves the stream of an aggregate out of the archive, so that it can be appended to again. Connects as the owner of the schema", Name = "restore")]
public sealed class RestoreCommand : OperatorCommand<RestoreInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(RestoreInput input)
    {
        var isNew = await Get<ArchivedAggregates>(input).Restore(input.Stream, input.Ct);
        input.Answer.Write(new { isArchived = false, isChanged = isNew }, isNew ? "Restored." : "It was not archived.");
        return ExitCode.Done;
    }
}
