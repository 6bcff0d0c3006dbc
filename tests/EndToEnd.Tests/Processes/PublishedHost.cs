using System.Diagnostics;
using System.Reflection;

namespace Monolith.EndToEnd.Tests.Processes;

/// <summary>
/// The host as it is shipped: what <c>dotnet publish</c> makes of the build that is tested, once in a run. <c>MONOLITH_HOST</c> names the folder of another one.
/// </summary>
internal static class PublishedHost
{
    private static readonly Lazy<Task<string>> Published = new(Publish);

    /// <summary>The folder that it lies in.</summary>
    public static Task<string> Folder => Published.Value;

    /// <summary>The program, for the command dotnet.</summary>
    public static async Task<string> Program() => Path.Combine(await Folder, "Monolith.Host.dll");

    private static async Task<string> Publish()
    {
        if (Environment.GetEnvironmentVariable("MONOLITH_HOST") is { Length: > 0 } given)
        {
            return given;
        }

        var folder = Directory.CreateTempSubdirectory("monolith-published-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var configuration = typeof(PublishedHost).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        using var publish = Process.Start(new ProcessStartInfo(HostProcess.Dotnet, ["publish", "src/Host", "--no-build", "-c", configuration, "-o", folder, "-v", "quiet"])
        {
            WorkingDirectory = Repository(),
            UseShellExecute = false,
            RedirectStandardOutput = true,

            // A build node that lives on would keep the output open.
            Environment = { ["MSBUILDDISABLENODEREUSE"] = "1" },
        })!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0 ? folder : throw new InvalidOperationException($"The host could not be published:{Environment.NewLine}{output}");
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Monolith.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The host is published from the repository: run these tests inside it, or name a published host in MONOLITH_HOST.");
        }

        return folder.FullName;
    }
}
