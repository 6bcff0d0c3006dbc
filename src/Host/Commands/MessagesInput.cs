using JasperFx.CommandLine;

namespace Monolith.Host.Commands;

/// <summary>What a command takes that is about dead letters: one by its id, all of a type, or all.</summary>
public sealed class MessagesInput : OperatorInput
{
    /// <summary>Which one.</summary>
    [Description("The id of one message, as messages dead shows it")]
    public string Id { get; set; } = "";

    /// <summary>Those of one type.</summary>
    [Description("All of one type, such as users.user_registered")]
    public string? TypeFlag { get; set; }

    /// <summary>All of them.</summary>
    [Description("All dead messages")]
    public bool AllFlag { get; set; }

    /// <summary>The id; null where it is about several.</summary>
    /// <exception cref="UsageException">It is not said which messages are meant, or in two ways, or the id is none.</exception>
    internal Guid? Which() => (Id.Length > 0, TypeFlag is not null, AllFlag) switch
    {
        (true, false, false) => Guid.TryParse(Id, out var id) ? id : throw new UsageException($"'{Id}' is not the id of a message."),
        (false, true, false) or (false, false, true) => null,
        _ => throw new UsageException("Say which messages: an id, --type or --all."),
    };
}
