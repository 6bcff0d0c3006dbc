using Microsoft.Extensions.Configuration;

namespace Monolith.Hosting;

/// <summary>The configuration is wrong. The message names the setting and says what it must be; mending it is the operator's.</summary>
public sealed class InvalidSettingException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Reads a section of the configuration into options of the kernel.</summary>
internal static class Settings
{
    /// <exception cref="InvalidSettingException">A value is malformed, or out of its range, or a key is no setting.</exception>
    public static void Read(this IConfiguration configuration, string section, object options, Action validate)
    {
        try
        {
            configuration.GetSection(section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
            validate();
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or ArgumentException)
        {
            throw new InvalidSettingException($"{section}: {wrong.Message}", wrong);
        }
    }
}
