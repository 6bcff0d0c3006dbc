using System.Globalization;
using Xunit;

namespace Monolith.Testing.Conformance;

/// <summary>The seed of a random test: new each time and printed, or the one that the environment asks for.</summary>
public static class Seed
{
    /// <summary>The environment variable that repeats a run.</summary>
    public const string Variable = "MONOLITH_SEED";

    /// <summary>The seed of a test; printed with its output.</summary>
    public static int Of(ITestContext test)
    {
        ArgumentNullException.ThrowIfNull(test);
        var seed = int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out var wanted)
            ? wanted
            : Random.Shared.Next();
        test.TestOutputHelper?.WriteLine($"{Variable}={seed}");
        return seed;
    }
}
