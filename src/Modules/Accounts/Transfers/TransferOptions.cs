namespace Monolith.Accounts.Transfers;

/// <summary>How transfers are run: the section <c>Accounts</c> of the configuration.</summary>
public sealed class TransferOptions
{
    /// <summary>How long after the request an account may still take part in a transfer. What has left by then and not arrived goes back.</summary>
    public TimeSpan TransferTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often each host looks for transfers that nobody goes on with, and how old the youngest of them is.</summary>
    public TimeSpan TransferSweep { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Throws unless every value is in its range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Check(TransferTimeout > TimeSpan.Zero && TransferTimeout <= TimeSpan.FromDays(1), nameof(TransferTimeout), "more than zero, at most a day");
        Check(TransferSweep > TimeSpan.Zero && TransferSweep <= TimeSpan.FromHours(1), nameof(TransferSweep), "more than zero, at most an hour");
    }

    private static void Check(bool valid, string name, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"Accounts:{name} is out of range; expected {expected}.", name);
        }
    }
}
