using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Hosting.Tests.Sample;

namespace Monolith.Hosting.Tests.Messages;

/// <summary>A message that fails is told of in the log, a line an attempt, and without anything that it says.</summary>
[Collection(NotesHostCollection.Name)]
public sealed class FailureLogTests(NotesHost host)
{
    [Fact]
    public async Task Each_attempt_that_failed_is_a_line_and_the_dead_letter_is_another_with_the_correlation_and_without_the_message()
    {
        var heard = host.Services.GetRequiredService<Heard>();
        heard.StumbleOver("private matter");
        await host.Write("private matter", ("X-Correlation-Id", "order-77"));
        var dead = await host.Logged("order-77", "is a dead letter");
        heard.Mend("private matter");

        var lines = host.Log.All.Where(line => line.Text.Contains("order-77", StringComparison.Ordinal) && line.Text.Contains("failed at attempt", StringComparison.Ordinal)).ToList();
        Assert.Equal([LogLevel.Warning, LogLevel.Warning, LogLevel.Error], lines.Select(line => line.Level));
        Assert.Equal(dead, lines[2].Text);
        Assert.All(lines.Index(), line =>
        {
            Assert.Matches(
                $"^The message notes\\.note_told [0-9a-f-]{{36}} failed at attempt {line.Index + 1}, and is {(line.Index < 2 ? "tried again at 20.*Z" : "a dead letter")}: InvalidOperationException: Stumbled",
                line.Item.Text);
            Assert.Contains("TenantId:acme", line.Item.Text, StringComparison.Ordinal);
        });

        // What the handler's exception says is the handler's; nobody else tells of the message.
        Assert.DoesNotContain(host.Log.All, line => line.Text.Contains("private matter", StringComparison.Ordinal) && !line.Text.Contains("Stumbled over", StringComparison.Ordinal));
    }
}
