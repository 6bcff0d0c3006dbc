using JasperFx.CommandLine;
using Monolith.Hosting;

namespace Monolith.Host.Commands;

/// <summary>Delivers dead messages again.</summary>
[Description("Delivers dead messages again: one by its id, all of a type, or all. A running host does it within seconds", Name = "messages retry")]
public sealed class RetryMessagesCommand : OperatorCommand<MessagesInput>
{
    /// <summary>The ways to call it.</summary>
    public RetryMessagesCommand()
    {
        Usage("One").Arguments(input => input.Id).ValidFlags(input => input.JsonFlag);
        Usage("All, or all of a type").Arguments().ValidFlags(input => input.AllFlag, input => input.TypeFlag!, input => input.JsonFlag);
    }

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(MessagesInput input)
    {
        var messages = await Get<MessageOperations>(input).Retry(input.Which(), input.TypeFlag, input.Ct);
        input.Answer.Write(new { messages }, messages == 0 ? "No such message is dead." : $"{ProjectionWords.Of(messages)} messages are delivered again.");
        return messages > 0 || input.Id.Length == 0 ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
