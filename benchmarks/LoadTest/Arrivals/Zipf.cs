namespace Monolith.LoadTest.Arrivals;

/// <summary>Few are asked for often, many seldom: the n-th largest of them 1/n as often as the largest. Takes a part of the ranks, which then share what is theirs.</summary>
internal sealed class Zipf(int firstRank, int lastRank)
{
    private readonly double[] cumulated = Cumulate(firstRank, lastRank);

    /// <summary>How often these are asked for, as a share of those of another.</summary>
    public double ShareOf(Zipf all) => cumulated[^1] / all.cumulated[^1];

    /// <summary>One of the ranks, from 1.</summary>
    public int Next(Random random)
    {
        var found = Array.BinarySearch(cumulated, random.NextDouble() * cumulated[^1]);
        return firstRank + Math.Min(found < 0 ? ~found : found, cumulated.Length - 1);
    }

    private static double[] Cumulate(int first, int last)
    {
        var sums = new double[last - first + 1];
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = (i == 0 ? 0 : sums[i - 1]) + (1.0 / (first + i));
        }

        return sums;
    }
}
