using System.Diagnostics.CodeAnalysis;
using JasperFx.CommandLine;

namespace Monolith.Host.Commands;

/// <summary>How a command ends, for the shell that ran it.</summary>
public enum ExitCode
{
    /// <summary>It did what was asked, or found everything in order.</summary>
    Done = 0,

    /// <summary>It found something that is not in order, and says what.</summary>
    NotInOrder = 1,

    /// <summary>It could not do what was asked; one line on the error output says why.</summary>
    Failed = 2,
}

/// <summary>What every command of operators is given.</summary>
public abstract class OperatorInput
{
    /// <summary>Whether the answer is for programs.</summary>
    [Description("Answer in JSON, for programs")]
    public bool JsonFlag { get; set; }

    /// <summary>What the host is put together from. It is not started: nothing listens and no projection runs.</summary>
    [IgnoreOnCommandLine]
    public IServiceProvider Services { get; set; } = null!;

    /// <summary>Where the answer goes.</summary>
    [IgnoreOnCommandLine]
    public Answer Answer { get; set; } = null!;

    /// <summary>Cancelled by Ctrl+C.</summary>
    [IgnoreOnCommandLine]
    public CancellationToken Ct { get; set; }
}

/// <summary>
/// A command of operators: a class a file, found by itself. Its <see cref="DescriptionAttribute"/> has the words that it is called by, one or two
/// (<c>tenants add</c>), and the sentence that the help shows. Whatever it throws becomes one line on the error output and
/// <see cref="ExitCode.Failed"/>; what is the operator's mistake it throws as <see cref="UsageException"/>.
/// </summary>
/// <typeparam name="TInput">Its arguments and flags.</typeparam>
public abstract class OperatorCommand<TInput> : JasperFxAsyncCommand<TInput>, IOperatorCommand where TInput : OperatorInput
{
    /// <summary>Does it.</summary>
    protected abstract Task<ExitCode> Run(TInput input);

    /// <inheritdoc/>
    public override async Task<bool> Execute(TInput input) => await Run(input) == ExitCode.Done;

    Task<ExitCode> IOperatorCommand.Run(OperatorInput input) => Run((TInput)input);

    /// <summary>A service of the host.</summary>
    protected static T Get<T>(TInput input) where T : notnull => input.Services.GetRequiredService<T>();
}

/// <summary>A command, whatever its arguments are.</summary>
internal interface IOperatorCommand
{
    Task<ExitCode> Run(OperatorInput input);
}

/// <summary>The arguments of a command do not go together.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "It always says what is wrong.")]
public sealed class UsageException(string message) : Exception(message);
