using JasperFx.CommandLine;
using Monolith.Host.Commands;

namespace Monolith.EndToEnd.Tests.Commands;

/// <summary>What the command line says of itself, and to whoever mistakes it.</summary>
public sealed class HelpTests
{
    private const string NoDatabase = "Host=127.0.0.1;Port=1";

    private static string[] Names =>
    [
        .. typeof(OperatorInput).Assembly.GetExportedTypes()
            .Where(type => !type.IsAbstract && type.BaseType is { IsGenericType: true } command && command.GetGenericTypeDefinition() == typeof(OperatorCommand<>))
            .Select(CommandFactory.CommandNameFor),
    ];

    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    public async Task Help_lists_every_command(string word)
    {
        var help = (await HostCommand.Run(NoDatabase, word)).ShouldEnd(0);
        Assert.True(Names.Length > 25);
        Assert.All(Names, name => Assert.Contains($"\n{name} ", $"\n{help.Output}", StringComparison.Ordinal));
        Assert.Contains("codegen", help.Output, StringComparison.Ordinal);
        Assert.Equal("", help.Errors);
    }

    [Fact]
    public async Task Help_on_a_command_says_how_it_is_called_here_and_what_each_word_means()
    {
        var help = (await HostCommand.Run(NoDatabase, "help", "tenants", "add")).ShouldEnd(0).Output;
        Assert.All((string[])["dotnet Monolith.Host.dll tenants add <tenant>", "[-d, --dedicated]", "Answer in JSON"], words => Assert.Contains(words, help, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_no_command_or_no_option_is_named_in_one_line()
    {
        (await HostCommand.Run(NoDatabase, "frobnicate")).ShouldFail("'frobnicate' is not a command: help lists them.");
        (await HostCommand.Run(NoDatabase, "help", "frobnicate")).ShouldFail("'frobnicate' is not a command: help lists them.");
        (await HostCommand.Run(NoDatabase, "migrate", "--chek")).ShouldFail("--chek: help migrate says how it is called.");
        (await HostCommand.Run(NoDatabase, "tenants", "add")).ShouldFail("help tenants add says how it is called.");
    }

    [Fact]
    public void Every_command_is_in_the_README()
    {
        var readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        var table = readme[readme.IndexOf("| Command | |", StringComparison.Ordinal)..readme.IndexOf("`help COMMAND`", StringComparison.Ordinal)];
        Assert.All(Names, name => Assert.All(name.Split(' '), word => Assert.Matches($@"[` ]{word}[` ]", table)));
    }
}
