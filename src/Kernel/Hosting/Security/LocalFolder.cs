namespace Monolith.Hosting;

/// <summary>Where the host keeps what is the machine's own, on a developer's machine.</summary>
internal static class LocalFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder, in the local application data of the user.</summary>
    /// <exception cref="InvalidSettingException">The user has none.</exception>
    public static string Path
    {
        get
        {
            var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return System.IO.Path.IsPathRooted(local)
                ? System.IO.Path.Combine(local, "monolith")
                : throw new InvalidSettingException($"The user {Environment.UserName} has no local application data folder: set HOME.");
        }
    }

    /// <summary>Makes a folder that its owner alone may enter; one that exists keeps its mode.</summary>
    public static void Make(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }
    }
}
