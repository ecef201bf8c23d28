using System.Globalization;
using System.Text.Json;
using RlvrSharp.Advantages;
using RlvrSharp.Graders.Json;
using RlvrSharp.Rewards;
using RlvrSharp.Training;

namespace RlvrSharp.Jobs;

/// <summary>The keys of a job's <c>rlvr.reward_shaping</c> and the shapers they make.</summary>
internal sealed class RewardShapingSettings
{
    /// <summary>The shapers in the order in which they run: what depends on length first, bounds last.</summary>
    public List<IRewardShaper> Shapers { get; } = [];

    /// <summary>The weights of the grader's parts, where each is normalised by itself.</summary>
    public SortedDictionary<string, double> PartWeights { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the section; the trainer's other settings have been read.</summary>
    public static RewardShapingSettings Read(JobReader rlvr, PolicyTrainerOptions trainer)
    {
        var settings = new RewardShapingSettings();
        if (!rlvr.Has("reward_shaping"))
        {
            return settings;
        }

        JobReader section = rlvr.Object("reward_shaping");
        settings.ReadLengthPenalty(section, trainer.Rollout.Sampling.MaxTokens);
        settings.ReadOverlong(section, trainer.Rollout.Sampling.MaxTokens);
        settings.ReadClip(section);
        settings.ReadNormalization(section, trainer);
        section.Finish();
        return settings;
    }

    /// <summary>Checks the parts' names against the grader.</summary>
    /// <exception cref="DataException">The grader has no parts, or none of such a name.</exception>
    public static void CheckParts(JobFile file, IGrader grader)
    {
        if (file.PartWeights.Count == 0)
        {
            return;
        }

        const string Path = "rlvr.reward_shaping.grader_normalization.weights";
        IGrader inner = grader is ResponseFormatGate gate ? gate.Grader : grader;
        string[] names = inner is MultiGrader multi ? [.. multi.Parts.Select(part => part.Key)] : [];
        IEnumerable<string> problems = names.Length == 0
            ? [$"{Path} weighs the parts of a multi grader, but the job's grader has no parts: make it a multi grader, or remove grader_normalization."]
            : file.PartWeights.Keys.Where(name => !names.Contains(name)).Select(name => $"{Path}.{name} is not a part of the grader: {NearestName.Hint(name, names)}");
        string text = string.Concat(problems.Select(problem => Environment.NewLine + "  " + problem));
        if (text.Length > 0)
        {
            throw new DataException($"The job file {file.Path} cannot be used:{text}");
        }
    }

    private void ReadLengthPenalty(JobReader section, int maxTokens)
    {
        if (!section.Has("length_penalty"))
        {
            return;
        }

        JobReader length = section.Object("length_penalty");
        double? perToken = length.Number("per_token", 0, 1, minExclusive: true);
        JsonElement given = length.Raw("per_token");
        if (given.ValueKind == JsonValueKind.Undefined || (given.ValueKind == JsonValueKind.String && given.ValueEquals("auto")))
        {
            length.Fault("per_token", "must be given as a number: write the share of the score that one token costs, such as 0.001.");
        }

        int free = length.Whole("free_tokens", 0) ?? 0;
        double share = length.Number("max_share", 0, 1, minExclusive: true) ?? 0.5;
        if (free >= maxTokens)
        {
            length.Fault("free_tokens", string.Create(CultureInfo.InvariantCulture, $"is {free}, but no answer is longer than rlvr.max_tokens ({maxTokens}), so nothing would ever be taken: lower it."));
        }

        length.Finish();
        if (perToken is { } cost)
        {
            Shapers.Add(new LengthPenalty(cost, free, share));
        }
    }

    private void ReadOverlong(JobReader section, int maxTokens)
    {
        if (!section.Has("overlong"))
        {
            return;
        }

        JobReader overlong = section.Object("overlong");
        int max = overlong.Whole("max_length", 1) ?? maxTokens;
        int buffer = overlong.Whole("buffer", 0) ?? 0;
        double penalty = overlong.Number("max_penalty", 0, 1000, minExclusive: true) ?? 1;
        if (buffer > max)
        {
            overlong.Fault("buffer", string.Create(CultureInfo.InvariantCulture, $"is {buffer}, but it is the last part of max_length ({max}): lower it, or set it to 0 for a hard limit."));
        }
        else if ((buffer == 0 && max > maxTokens) || (buffer > 0 && (long)max - buffer >= maxTokens))
        {
            overlong.Fault("max_length", string.Create(
                CultureInfo.InvariantCulture, $"is {max}, but no answer is longer than rlvr.max_tokens ({maxTokens}), so nothing would ever be taken: lower it, or leave it out."));
        }
        else
        {
            Shapers.Add(new OverlongPenalty(max, buffer, penalty));
        }

        overlong.Finish();
    }

    private void ReadClip(JobReader section)
    {
        if (!section.Has("clip"))
        {
            return;
        }

        JobReader clip = section.Object("clip");
        double low = clip.Number("low", -1e6, 1e6) ?? -1;
        double high = clip.Number("high", -1e6, 1e6) ?? 1;
        if ((float)low < (float)high)
        {
            Shapers.Add(new RewardClip(low, high));
        }
        else
        {
            clip.Fault("low", string.Create(CultureInfo.InvariantCulture, $"is {low}, but it must be below high, which is {high}."));
        }

        clip.Finish();
    }

    private void ReadNormalization(JobReader section, PolicyTrainerOptions trainer)
    {
        if (!section.Has("grader_normalization"))
        {
            return;
        }

        JobReader normalization = section.Object("grader_normalization");
        JsonElement weights = normalization.Raw("weights");
        if (weights.ValueKind == JsonValueKind.Object)
        {
            JobReader parts = normalization.Object("weights");
            foreach (JsonProperty part in weights.EnumerateObject())
            {
                if (parts.Number(part.Name, 0, 1e6) is { } weight)
                {
                    PartWeights[part.Name] = weight;
                }
                else if (part.Value.ValueKind == JsonValueKind.Null || (part.Value.ValueKind == JsonValueKind.String && part.Value.ValueEquals("auto")))
                {
                    parts.Fault(part.Name, "must be a number of at least 0.");
                }
            }
        }

        normalization.Finish();
        if (PartWeights.Values.All(weight => weight == 0))
        {
            normalization.Fault("weights", "must be an object with the weight of each part of the multi grader, one of them above 0, such as {\"fields\": 1, \"style\": 0.2}.");
            return;
        }

        if (trainer is not GrpoOptions { Advantage: null } grpo)
        {
            section.Fault("grader_normalization", "takes the place of the algorithm's advantage, which compares nothing within groups or has its own way to: choose grpo or one of its kind (dr-grpo, dapo, gspo, cispo).");
            return;
        }

        if (Shapers.Count > 0)
        {
            section.Fault("grader_normalization", "looks at each part's own score and never at shaped rewards: remove length_penalty, overlong and clip, or make what they do a part of the grader.");
            return;
        }

        var group = new GroupAdvantageOptions { Std = grpo.AdvantageStd, Epsilon = grpo.AdvantageEpsilon };
        grpo.Advantage = BatchAdvantageEstimator.Decoupled(PartWeights, group, new GroupAdvantageOptions { Epsilon = grpo.AdvantageEpsilon });
    }
}
