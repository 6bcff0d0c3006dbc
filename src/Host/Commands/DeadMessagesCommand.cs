using System.Globalization;
using JasperFx.CommandLine;
using Monolith.Hosting;

namespace Monolith.Host.Commands;

/// <summary>What <c>messages dead</c> takes.</summary>
public sealed class DeadMessagesInput : OperatorInput
{
    /// <summary>Those of one type.</summary>
    [Description("Those of one type alone, such as users.user_registered")]
    public string? TypeFlag { get; set; }

    /// <summary>Which page.</summary>
    [Description("The page, from 1, of 100 messages each")]
    public int PageFlag { get; set; } = 1;
}

/// <summary>Lists the messages that could not be delivered.</summary>
[Description("Lists the messages that could not be delivered, and ends with 1 if there are any", Name = "messages dead")]
public sealed class DeadMessagesCommand : OperatorCommand<DeadMessagesInput>
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(DeadMessagesInput input)
    {
        var page = input.PageFlag >= 1 ? input.PageFlag : throw new UsageException("--page is 1 or more.");
        var dead = await Get<MessageOperations>(input).Dead(input.TypeFlag, page, ct: input.Ct);
        input.Answer.WriteTable(
            dead.Items,
            "No message is dead.",
            ("id", one => one.Id.ToString()),
            ("message", one => one.MessageType),
            ("queue", one => one.Queue),
            ("tenant", one => one.TenantId ?? ""),
            ("failed", one => one.FailedAt?.ToString("u", CultureInfo.InvariantCulture) ?? ""),
            ("tried", one => ProjectionWords.Of(one.Attempts)),
            ("error", one => one.Error));
        return dead.Total == 0 ? ExitCode.Done : ExitCode.NotInOrder;
    }
}
