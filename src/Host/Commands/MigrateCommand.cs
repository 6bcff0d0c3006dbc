using JasperFx.CommandLine;
using Monolith.Hosting;

namespace Monolith.Host.Commands;

/// <summary>What <c>migrate</c> takes.</summary>
public sealed class MigrateInput : OperatorInput
{
    /// <summary>Whether to change nothing.</summary>
    [Description("Change nothing; name what is missing and end with 1 if anything is")]
    public bool CheckFlag { get; set; }

    /// <summary>Whether to write SQL.</summary>
    [Description("Change nothing; write the SQL that would be executed, for psql")]
    public bool ScriptFlag { get; set; }

    /// <summary>Where to write it.</summary>
    [Description("The file that the script is written to, instead of the output")]
    public string? OutputFlag { get; set; }
}

/// <summary>Brings the database to this build. Connects as the owner of the schema.</summary>
[Description("Brings the database to this build: events, documents, messages, read models, privileges. Connects as the owner of the schema", Name = "migrate")]
public sealed class MigrateCommand : OperatorCommand<MigrateInput>
{
    /// <summary>The ways to call it.</summary>
    public MigrateCommand()
    {
        Usage("Make what is missing; running it again changes nothing").Arguments().ValidFlags(input => input.JsonFlag);
        Usage("Name what is missing").Arguments().ValidFlags(input => input.CheckFlag, input => input.JsonFlag);
        Usage("Write the SQL that would be executed").Arguments().ValidFlags(input => input.ScriptFlag, input => input.OutputFlag!);
    }

    /// <inheritdoc/>
    protected override async Task<ExitCode> Run(MigrateInput input)
    {
        var schema = Get<DatabaseSchema>(input);
        if (input.ScriptFlag)
        {
            await Write(await schema.Script(input.Ct), input);
            return ExitCode.Done;
        }

        if (input.OutputFlag is not null)
        {
            throw new UsageException("--output goes with --script.");
        }

        if (input.CheckFlag)
        {
            var missing = await schema.Check(input.Ct);
            input.Answer.Write(new { missing }, missing.Count == 0 ? ["The database is up to date."] : missing.Prepend("The database lacks:"));
            return missing.Count == 0 ? ExitCode.Done : ExitCode.NotInOrder;
        }

        var made = await input.Answer.During("Bringing the database to this build", () => schema.Migrate(input.Ct));
        input.Answer.Write(new { made }, made.Count == 0 ? ["The database is up to date."] : made.Select(what => $"Made {what}").Append("The database is up to date now."));
        return ExitCode.Done;
    }

    private static async Task Write(string script, MigrateInput input)
    {
        if (input.OutputFlag is { } file)
        {
            await File.WriteAllTextAsync(file, script, input.Ct);
        }
        else
        {
            input.Answer.WriteText(script);
        }
    }
}
