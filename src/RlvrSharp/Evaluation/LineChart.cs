using System.Globalization;
using System.Text;

namespace RlvrSharp.Evaluation;

/// <summary>A small line chart as SVG, for reports: no script, no outside file.</summary>
internal sealed class LineChart
{
    private const double Width = 560;
    private const double Height = 220;
    private const double Left = 48;
    private const double Right = 12;
    private const double Top = 14;
    private const double Bottom = 26;
    private readonly List<(string Name, string Color, IReadOnlyList<Point> Points)> series = [];

    /// <summary>One point, with an interval where there is one.</summary>
    public readonly record struct Point(double X, double Y, double? Low = null, double? High = null);

    public required string Title { get; init; }

    /// <summary>The fixed range of the vertical axis; null fits it to the points.</summary>
    public (double Low, double High)? Range { get; init; }

    public void Add(string name, string color, IReadOnlyList<Point> points) => series.Add((name, color, points));

    public string ToSvg()
    {
        Point[] all = series.SelectMany(line => line.Points).Where(point => double.IsFinite(point.Y)).ToArray();
        if (all.Length == 0)
        {
            return string.Empty;
        }

        double maxX = Math.Max(1, all.Max(point => point.X));
        double low = Range?.Low ?? Math.Min(0, all.Min(point => point.Low ?? point.Y));
        double high = Range?.High ?? all.Max(point => point.High ?? point.Y);
        high = high > low ? high : low + 1;
        double X(double x) => Left + (x / maxX * (Width - Left - Right));
        double Y(double y) => Height - Bottom - ((Math.Clamp(y, low, high) - low) / (high - low) * (Height - Top - Bottom));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{RunReport.Escape(Title)}");
        foreach ((string name, string color, _) in series)
        {
            svg.Append(CultureInfo.InvariantCulture, $" <span style=\"color:{color}\">■ {RunReport.Escape(name)}</span>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"</figcaption><svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{RunReport.Escape(Title)}\">");
        for (int tick = 0; tick <= 4; tick++)
        {
            double value = low + ((high - low) * tick / 4);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):F1}\" y2=\"{Y(value):F1}\" class=\"grid\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{Y(value) + 4:F1}\" text-anchor=\"end\">{value:G3}</text>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{Height - 8}\">0</text><text x=\"{Width - Right}\" y=\"{Height - 8}\" text-anchor=\"end\">step {maxX:F0}</text>");
        foreach ((_, string color, IReadOnlyList<Point> points) in series)
        {
            string path = string.Join(' ', points.Where(point => double.IsFinite(point.Y)).Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):F1},{Y(point.Y):F1}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.6\"/>");
            foreach (Point point in points.Where(point => point is { Low: not null, High: not null }))
            {
                svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(point.X):F1}\" x2=\"{X(point.X):F1}\" y1=\"{Y(point.Low!.Value):F1}\" y2=\"{Y(point.High!.Value):F1}\" stroke=\"{color}\"/>");
                svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(point.X):F1}\" cy=\"{Y(point.Y):F1}\" r=\"3\" fill=\"{color}\"/>");
            }
        }

        return svg.Append("</svg></figure>").ToString();
    }
}
