using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Monolith.LoadTest.Growth;

/// <summary>Draws how many times as much things cost, over the size of the store.</summary>
internal static class GrowthChart
{
    private const int Width = 800;
    private const int Height = 450;
    private const double Highest = 2;
    private const double RoomForWiderFonts = 24;

    private static readonly MarkerType[] Marks = [MarkerType.Circle, MarkerType.Square, MarkerType.Triangle, MarkerType.Diamond, MarkerType.Circle];
    private static readonly LineStyle[] Lines = [LineStyle.Solid, LineStyle.Dash, LineStyle.Solid, LineStyle.Dash, LineStyle.Dot];

    public static string Svg(IReadOnlyList<(string Name, (double Events, double Ratio)[] Points)> curves)
    {
        var model = new PlotModel
        {
            Title = "Cost of growth: time for each, as a multiple of that in the smallest store",
            TitleFontSize = 15,
            TitleFontWeight = FontWeights.Normal,
            DefaultFont = "Arial, Helvetica, sans-serif",
            Background = OxyColors.White,
        };
        model.Axes.Add(new LogarithmicAxis
        {
            Position = AxisPosition.Bottom,
            Title = "events in the store",
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
            MinimumPadding = 0.02,
            MaximumPadding = 0.02,
            LabelFormatter = events => events.ToString("N0", System.Globalization.CultureInfo.InvariantCulture),
        });
        model.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Left,
            Title = "times as much",
            Minimum = 0,
            Maximum = Math.Max(Highest, 1.1 * curves.SelectMany(curve => curve.Points).Max(point => point.Ratio)),
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
        });
        model.Legends.Add(new Legend { LegendPosition = LegendPosition.TopLeft, LegendBackground = OxyColors.White, LegendBorder = OxyColors.LightGray, LegendPadding = RoomForWiderFonts });
        for (var i = 0; i < curves.Count; i++)
        {
            var series = new LineSeries { Title = curves[i].Name, MarkerType = Marks[i % Marks.Length], MarkerSize = 4, LineStyle = Lines[i % Lines.Length] };
            series.Points.AddRange(curves[i].Points.Select(point => new DataPoint(point.Events, point.Ratio)));
            model.Series.Add(series);
        }

        return SvgExporter.ExportToString(model, Width, Height, isDocument: true, useVerticalTextAlignmentWorkaround: true);
    }
}
