using JasperFx.CommandLine;
using Monolith.EventSourcing;
using Monolith.Hosting;

namespace Monolith.Host.Commands;

/// <summary>What <c>archive</c> and <c>restore</c> take to name a stream.</summary>
public abstract class AggregateInput : OperatorInput
{
    /// <summary>The tenant.</summary>
    [Description("The tenant's id")]
    public string Tenant { get; set; } = "";

    /// <summary>The type.</summary>
    [Description("The stored name of the aggregate type, such as account")]
    public string AggregateType { get; set; } = "";

    /// <summary>The aggregate.</summary>
    [Description("The aggregate's id")]
    public string Id { get; set; } = "";

    /// <summary>The stream that is meant.</summary>
    [IgnoreOnCommandLine]
    public StreamId Stream => Guid.TryParse(Id, out var id)
        ? new(Tenant, AggregateType, id)
        : throw new UsageException($"'{Id}' is not the id of an aggregate, which is a UUID.");
}

/// <summary>What <c>archive</c> takes.</summary>
public sealed class ArchiveInput : AggregateInput
{
    /// <summary>Its version.</summary>
    [Description("Only if its last event has this version; else as it is")]
    public long? VersionFlag { get; set; }
}

/// <summary>Moves a stream into the archive.</summary>
[Description("Closes the stream of an aggregate and moves it into the archive. Connects as the owner of the schema", Name = "archive")]
public sealed class ArchiveCommand : OperatorCommand<ArchiveInput>
{
    /// <summary>The ways to call it.</summary>
    public ArchiveCommand() => Usage("Close a stream and archive it").Arguments(input => input.Tenant, input => input.AggregateType, input => input.Id);

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(ArchiveInput input)
    {
        var isNew = await Get<ArchivedAggregates>(input).Archive(input.Stream, input.VersionFlag, input.Ct);
        input.Answer.Write(new { isArchived = true, isChanged = isNew }, isNew ? "Archived." : "It was archived already.");
        return ExitCode.Done;
    }
}
