using JasperFx.CommandLine;
using Monolith.Hosting;

namespace Monolith.Host.Commands;

/// <summary>Removes dead messages for good.</summary>
[Description("Removes dead messages for good: one by its id, all of a type, or all", Name = "messages discard")]
public sealed class DiscardMessagesCommand : OperatorCommand<MessagesInput>
{
    /// <summary>The ways to call it.</summary>
    public DiscardMessagesCommand()
    {
        Usage("One").Arguments(input => input.Id).ValidFlags(input => input.JsonFlag);
        Usage("All, or all of a type").Arguments().ValidFlags(input => input.AllFlag, input => input.TypeFlag!, input => input.JsonFlag);
    }

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(MessagesInput input)
    {
        var messages = await Get<MessageOperations>(input).Discard(input.Which(), input.TypeFlag, input.Ct);
        input.Answer.Write(new { messages }, messages == 0 ? "No such message is dead." : $"{ProjectionWords.Of(messages)} messages are discarded.");
        return messages > 0 || input.Id.Length == 0 ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
