using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace RlvrSharp.Tests.Losses;

/// <summary>verl's importance weights, rejection masks and off-policy metrics.</summary>
public class VerlRolloutCorrectionGoldenTests
{
    public static TheoryData<string, bool> Cases => Golden.Names("verl_rollout_correction");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Weights_masks_and_metrics_agree(string name, bool isDouble)
    {
        JsonElement golden = Golden.Case("verl_rollout_correction", name);
        if (isDouble)
        {
            Check<double>(golden);
        }
        else
        {
            Check<float>(golden);
        }
    }

    private static void Check<T>(JsonElement golden)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        JsonElement inputs = Golden.Inputs("verl_rollout_correction"), settings = golden.GetProperty("params");
        T[] old = inputs.Array<T>("old_log_prob"), sampler = inputs.Array<T>("rollout_log_prob"), mask = inputs.Array<T>(settings.Text("mask"));
        int length = inputs.GetProperty("old_log_prob")[0].GetArrayLength();
        Dictionary<string, double> metrics;
        if (golden.Has("weights"))
        {
            (T[] weights, metrics) = VerlCorrection.Weights(settings.Text("rollout_is"), settings.Number("rollout_is_threshold"), old, sampler, mask, length, settings.Flag("rollout_is_batch_normalize"));
            Golden.Close(golden.Array<double>("weights"), weights, "weights");
        }
        else if (golden.Has("modified_mask"))
        {
            JsonElement threshold = settings.GetProperty("rollout_rs_threshold");
            string text = threshold.ValueKind == JsonValueKind.String ? threshold.GetString()! : threshold.GetDouble().ToString(CultureInfo.InvariantCulture);
            (T[] kept, metrics) = VerlCorrection.Reject(settings.Text("rollout_rs"), text, old, sampler, mask, length);
            Golden.Close(golden.Array<double>("modified_mask"), kept, "modified_mask");
        }
        else
        {
            metrics = VerlCorrection.Metrics(old, sampler, mask, length);
        }

        foreach (JsonProperty metric in golden.GetProperty("metrics").EnumerateObject())
        {
            // Differences of nearly equal numbers and shares that are taken from single precision carry its rounding.
            Golden.Near(golden.GetProperty("metrics").Number(metric.Name), metrics[metric.Name], metric.Name, typeof(T) == typeof(double) ? 1e-9 : 1e-5, metric.Name.Contains("fraction", StringComparison.Ordinal));
        }
    }
}
