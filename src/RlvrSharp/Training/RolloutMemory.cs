using System.Runtime.InteropServices;
using System.Text.Json;

namespace RlvrSharp.Training;

/// <summary>What is remembered of each problem between steps: how often it succeeded, and its best recent completion.</summary>
internal sealed class RolloutMemory
{
    private const double Decay = 0.7;
    private readonly RolloutOptions options;
    private readonly SortedDictionary<int, double> successRates = [];
    private readonly SortedDictionary<int, (int Step, Rollout Rollout)> best = [];

    public RolloutMemory(RolloutOptions options) => this.options = options;

    /// <summary>
    /// The group size of a problem: large enough that 1 − pᴳ − (1−p)ᴳ, the chance of a mixed group at the remembered success rate p,
    /// reaches 90 %, between the plain and the largest size. A problem not seen yet has the plain size.
    /// </summary>
    public int GroupSizeOf(int problem)
    {
        if (options.MaxGroupSize <= options.GroupSize || !successRates.TryGetValue(problem, out double rate))
        {
            return options.GroupSize;
        }

        int size = options.GroupSize;
        while (size < options.MaxGroupSize && 1 - Math.Pow(rate, size) - Math.Pow(1 - rate, size) < 0.9)
        {
            size++;
        }

        return size;
    }

    /// <summary>Remembers a group, and lets a remembered better completion join it.</summary>
    public void Observe(int step, int problem, List<Rollout> usable)
    {
        if (options.MaxGroupSize > options.GroupSize)
        {
            double mean = usable.Average(rollout => rollout.Score);
            successRates[problem] = successRates.TryGetValue(problem, out double before) ? (Decay * before) + ((1 - Decay) * mean) : mean;
        }

        if (options.ReplaySteps == 0)
        {
            return;
        }

        Rollout top = usable.MaxBy(rollout => rollout.Score)!;
        if (best.TryGetValue(problem, out (int Step, Rollout Rollout) kept) && step - kept.Step <= options.ReplaySteps && kept.Rollout.Score > top.Score)
        {
            usable.Add(WithPrompt(kept.Rollout, usable[0].Completion.PromptTokens));
        }
        else if (top.Score > 0)
        {
            best[problem] = (step, top);
        }
    }

    public void SaveState(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("success_rates");
        foreach ((int problem, double rate) in successRates)
        {
            writer.WriteNumber(Invariant(problem), rate);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("best");
        foreach ((int problem, (int step, Rollout rollout)) in best)
        {
            writer.WriteStartObject(Invariant(problem));
            writer.WriteNumber("step", step);
            writer.WriteNumber("score", rollout.Score);
            writer.WriteString("status", rollout.Status.ToString());
            writer.WriteString("text", rollout.Completion.Text);
            writer.WriteString("finish_reason", rollout.Completion.FinishReason.ToString());
            writer.WriteBase64String("prompt_tokens", MemoryMarshal.AsBytes(rollout.Completion.PromptTokens.Span));
            writer.WriteBase64String("tokens", MemoryMarshal.AsBytes(rollout.Completion.Tokens.Span));
            writer.WriteBase64String("log_probs", MemoryMarshal.AsBytes(rollout.Completion.LogProbs.Span));
            writer.WriteStartObject("grades");
            foreach ((string name, Grade grade) in rollout.Grades)
            {
                writer.WritePropertyName(name);
                GradeJson.Write(writer, grade);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    public void LoadState(JsonElement state)
    {
        successRates.Clear();
        best.Clear();
        foreach (JsonProperty rate in state.GetProperty("success_rates").EnumerateObject())
        {
            successRates[Number(rate.Name)] = rate.Value.GetDouble();
        }

        foreach (JsonProperty entry in state.GetProperty("best").EnumerateObject())
        {
            JsonElement value = entry.Value;
            best[Number(entry.Name)] = (value.GetProperty("step").GetInt32(), new Rollout
            {
                Score = value.GetProperty("score").GetDouble(),
                Status = Enum.Parse<GradeStatus>(value.GetProperty("status").GetString()!),
                Grades = value.GetProperty("grades").EnumerateObject().ToDictionary(grade => grade.Name, grade => GradeJson.Read(grade.Value), StringComparer.Ordinal),
                Completion = new Completion
                {
                    Text = value.GetProperty("text").GetString()!,
                    FinishReason = Enum.Parse<FinishReason>(value.GetProperty("finish_reason").GetString()!),
                    PromptTokens = MemoryMarshal.Cast<byte, int>(value.GetProperty("prompt_tokens").GetBytesFromBase64()).ToArray(),
                    Tokens = MemoryMarshal.Cast<byte, int>(value.GetProperty("tokens").GetBytesFromBase64()).ToArray(),
                    LogProbs = MemoryMarshal.Cast<byte, float>(value.GetProperty("log_probs").GetBytesFromBase64()).ToArray(),
                },
            });
        }
    }

    /// <summary>The same rollout over the group's own prompt memory, so that a policy computes the prompt once.</summary>
    private static Rollout WithPrompt(Rollout rollout, ReadOnlyMemory<int> promptTokens) => new()
    {
        Grades = rollout.Grades,
        Status = rollout.Status,
        Score = rollout.Score,
        Completion = new Completion
        {
            Text = rollout.Completion.Text,
            PromptTokens = promptTokens,
            Tokens = rollout.Completion.Tokens,
            LogProbs = rollout.Completion.LogProbs,
            FinishReason = rollout.Completion.FinishReason,
        },
    };

    private static string Invariant(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
