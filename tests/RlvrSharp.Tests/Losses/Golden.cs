using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace RlvrSharp.Tests.Losses;

/// <summary>Reads the recorded numbers of other projects' loss code (Golden/losses) and compares with them.</summary>
internal static class Golden
{
    private static readonly Dictionary<string, JsonDocument> Files = [];

    public static JsonElement Load(string file)
    {
        lock (Files)
        {
            if (!Files.TryGetValue(file, out JsonDocument? document))
            {
                document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "losses", file + ".json")));
                Files.Add(file, document);
            }

            return document.RootElement;
        }
    }

    /// <summary>The names of a file's cases, each once per precision.</summary>
    public static TheoryData<string, bool> Names(string file, Func<JsonElement, bool>? filter = null)
    {
        var data = new TheoryData<string, bool>();
        foreach (JsonElement golden in Load(file).GetProperty("cases").EnumerateArray().Where(filter ?? (_ => true)))
        {
            data.Add(golden.Text("name"), true);
            data.Add(golden.Text("name"), false);
        }

        return data;
    }

    public static JsonElement Case(string file, string name) =>
        Load(file).GetProperty("cases").EnumerateArray().Single(golden => golden.Text("name") == name);

    public static JsonElement Inputs(string file) => Load(file).GetProperty("inputs");

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static bool Has(this JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public static double Number(this JsonElement element, string name) => ToDouble(element.GetProperty(name));

    public static double? NumberOrNull(this JsonElement element, string name) => element.Has(name) ? element.Number(name) : null;

    public static bool Flag(this JsonElement element, string name) => element.GetProperty(name).GetBoolean();

    /// <summary>A list of any depth, flattened in row-major order.</summary>
    public static T[] Array<T>(this JsonElement element, string name)
        where T : INumberBase<T>
    {
        var list = new List<T>();
        Flatten(element.GetProperty(name), list);
        return [.. list];
    }

    /// <summary>Relative to each number, with a floor for numbers that are small against the largest of their list.</summary>
    public static void Close<T>(double[] expected, T[] actual, string what)
        where T : INumberBase<T>
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (int i = 0; i < expected.Length; i++)
        {
            Close(expected[i], double.CreateTruncating(actual[i]), typeof(T) == typeof(double), $"{what}[{i}]", largest);
        }
    }

    public static void Close(double expected, double actual, bool isDouble, string what, double scale = 0)
    {
        if (double.IsNaN(expected) || double.IsInfinity(expected))
        {
            Assert.True(expected.Equals(actual), $"{what}: expected {expected}, got {actual}");
            return;
        }

        double tolerance = isDouble ? (1e-10 * Math.Abs(expected)) + (1e-13 * Math.Max(scale, 1e-2)) : 1e-5 * Math.Max(Math.Max(Math.Abs(expected), scale), 0.1);
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{what}: expected {expected:R}, got {actual:R}, off by {Math.Abs(expected - actual):E2}");
    }

    /// <summary>For metrics that the source rounds to single precision.</summary>
    public static void Near(double expected, double actual, string what, double tolerance = 1e-6, bool isSingle = false)
    {
        bool same = double.IsNaN(expected) ? double.IsNaN(actual) : Math.Abs(expected - actual) <= Math.Max(tolerance, isSingle ? 1e-6 : 0) * Math.Max(1, Math.Abs(expected));
        Assert.True(same, $"{what}: expected {expected:R}, got {actual:R}");
    }

    public static T[] Repeat<T>(T[] perRow, int length) => [.. perRow.SelectMany(value => Enumerable.Repeat(value, length))];

    public static T[] Multiply<T>(T[] left, T[] right)
        where T : INumberBase<T> => [.. left.Zip(right, (a, b) => a * b)];

    private static void Flatten<T>(JsonElement element, List<T> list)
        where T : INumberBase<T>
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                Flatten(item, list);
            }
        }
        else
        {
            list.Add(T.CreateTruncating(ToDouble(element)));
        }
    }

    private static double ToDouble(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => double.Parse(element.GetString()!, CultureInfo.InvariantCulture),
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => element.GetDouble(),
    };
}
