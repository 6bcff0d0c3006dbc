namespace Monolith.LoadTest.Reporting;

/// <summary>What must never be: the program ends with 1. A goal that is missed is told, and no more.</summary>
internal sealed class UnsoundException(string message) : Exception(message)
{
    public static void Unless(bool sound, string message)
    {
        if (!sound)
        {
            throw new UnsoundException(message);
        }
    }
}
