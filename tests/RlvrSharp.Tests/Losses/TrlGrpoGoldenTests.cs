using System.Numerics;
using System.Text.Json;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>TRL's GRPO trainer: every loss type, ratio level, correction and mask that it has.</summary>
public class TrlGrpoGoldenTests
{
    public static TheoryData<string, bool> Cases => Golden.Names("trl_grpo");

    public static TheoryData<string, bool> TokenAndGeometricCases => Golden.Names("trl_gspo_token_gmpo");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_gradient_and_metrics_agree(string name, bool isDouble) => Dispatch("trl_grpo", name, isDouble);

    [Theory]
    [MemberData(nameof(TokenAndGeometricCases))]
    public void Gspo_token_and_gmpo_agree(string name, bool isDouble) => Dispatch("trl_gspo_token_gmpo", name, isDouble);

    private static void Dispatch(string file, string name, bool isDouble)
    {
        JsonElement golden = Golden.Case(file, name);
        JsonElement inputs = Golden.Inputs(file).GetProperty(golden.Text("inputs"));
        if (isDouble)
        {
            Check<double>(golden, inputs);
        }
        else
        {
            Check<float>(golden, inputs);
        }
    }

    private static void Check<T>(JsonElement golden, JsonElement inputs)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TrlGrpo<T> run = new(golden.GetProperty("params"), inputs);
        bool isDouble = typeof(T) == typeof(double);
        Golden.Close(golden.Number("loss"), run.Loss, isDouble, "loss");
        Golden.Close(golden.Array<double>("grad_logps"), run.Gradient, "gradient");
        foreach (JsonProperty metric in golden.GetProperty("metrics").EnumerateObject())
        {
            double expected = golden.GetProperty("metrics").Number(metric.Name);
            if (metric.Name.StartsWith("clip_ratio", StringComparison.Ordinal) || metric.Name == "cispo_clip_ratio")
            {
                Golden.Near(expected, run.Metrics[metric.Name], metric.Name);
            }
            else
            {
                Golden.Close(expected, run.Metrics[metric.Name], isDouble, metric.Name);
            }
        }

        if (golden.Has("importance_sampling_ratio"))
        {
            Golden.Close(golden.Array<double>("importance_sampling_ratio"), run.ImportanceRatio, "importance_sampling_ratio");
        }
    }
}
