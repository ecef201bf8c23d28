using System.Diagnostics;
using System.Text.Json;
using RlvrSharp.Diagnostics;
using RlvrSharp.Graders;

namespace RlvrSharp.Training;

/// <summary>Sample → grade → shape, shared by all trainers.</summary>
internal sealed class RolloutCollector
{
    private const ulong SampleStream = 0x726F6C6C;
    private readonly IPolicy policy;
    private readonly GradingPipeline grading;
    private readonly IReadOnlyList<IRewardShaper> shapers;
    private readonly RolloutOptions options;
    private readonly ulong seed;
    private readonly RolloutMemory memory;
    private IReadOnlyList<Problem> problems = [];
    private ProblemOrder order = new(1, 0);

    public RolloutCollector(IPolicy policy, GradingPipeline grading, IReadOnlyList<IRewardShaper> shapers, RolloutOptions options, ulong seed)
    {
        this.policy = policy;
        this.grading = grading;
        this.shapers = shapers;
        this.options = options;
        this.seed = seed;
        memory = new RolloutMemory(options);
    }

    /// <summary>The next place in the order of problems: the collector's only state beside its memory.</summary>
    public long Place { get; private set; }

    public void Start(IReadOnlyList<Problem> trainingProblems)
    {
        problems = trainingProblems;
        order = new ProblemOrder(trainingProblems.Count, seed);
    }

    public async Task<RolloutBatch> CollectAsync(int step, CancellationToken cancellationToken)
    {
        var kept = new List<ScoredGroup>();
        var sampled = new List<ScoredGroup>();
        int failed = 0;
        int dropped = 0;
        int rounds = 0;
        int replayed = 0;
        var graders = new SortedDictionary<string, GraderTally>(StringComparer.Ordinal);
        long sampledTokens = 0;
        long promptTokens = 0;
        double rolloutSeconds = 0;
        double gradeSeconds = 0;
        while (rounds < options.MaxSamplingRounds && kept.Count < options.ProblemsPerStep)
        {
            int[] chosen = TakeProblems(options.ProblemsPerStep - kept.Count);
            int[] sizes = Array.ConvertAll(chosen, memory.GroupSizeOf);
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<Completion> completions;
            using (RlvrTelemetry.Source.StartActivity(RlvrTelemetry.RolloutSpan))
            {
                completions = await policy.SampleAsync(Requests(step, rounds, chosen, sizes), options.Sampling, cancellationToken).ConfigureAwait(false);
            }

            rolloutSeconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            using (RlvrTelemetry.Source.StartActivity(RlvrTelemetry.GradeSpan))
            {
                IReadOnlyList<Rollout> rollouts = await GradeAsync(chosen, sizes, completions, cancellationToken).ConfigureAwait(false);
                int offset = 0;
                for (int i = 0; i < chosen.Length; i++)
                {
                    Rollout[] all = rollouts.Skip(offset).Take(sizes[i]).ToArray();
                    offset += sizes[i];
                    Array.ForEach(all, rollout => GraderTally.Add(graders, rollout));
                    failed += all.Count(rollout => rollout.Status == GradeStatus.Failed);
                    sampledTokens += all.Sum(rollout => (long)rollout.Completion.Tokens.Length);
                    promptTokens += all[0].Completion.PromptTokens.Length;
                    List<Rollout> usable = all.Where(rollout => rollout.Status is GradeStatus.Graded or GradeStatus.Ungradable).ToList();
                    if (usable.Count < Math.Min(options.MinGroupSize, sizes[i]))
                    {
                        dropped++;
                        continue;
                    }

                    sampled.Add(Shape(chosen[i], usable));
                    int before = usable.Count;
                    memory.Observe(step, chosen[i], usable);
                    replayed += usable.Count - before;
                    ScoredGroup group = usable.Count == before ? sampled[^1] : Shape(chosen[i], usable);
                    if (!(group.IsZeroSignal && (options.DropZeroSignalGroups || options.MaxSamplingRounds > 1)))
                    {
                        kept.Add(group);
                    }
                }
            }

            gradeSeconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
            rounds++;
        }

        return new RolloutBatch
        {
            Groups = kept,
            Sampled = sampled,
            FailedCount = failed,
            Graders = graders,
            DroppedGroups = dropped,
            SampledTokens = sampledTokens,
            PromptTokens = promptTokens,
            Rounds = rounds,
            Replayed = replayed,
            RolloutSeconds = rolloutSeconds,
            GradeSeconds = gradeSeconds,
        };
    }

    /// <summary>The reward of each group's greedy completion, shaped like the others: the baseline of ReMax.</summary>
    public async Task<double[]> GreedyRewardsAsync(IReadOnlyList<ScoredGroup> groups)
    {
        SampleRequest[] requests = groups.Select(group => new SampleRequest(group.Group.Problem, 0)).ToArray();
        IReadOnlyList<Completion> completions = await policy.SampleAsync(requests, new SamplingOptions { Temperature = 0, MaxTokens = options.Sampling.MaxTokens }).ConfigureAwait(false);
        (Problem, Completion)[] work = groups.Select((group, i) => (group.Group.Problem, completions[i])).ToArray();
        IReadOnlyList<Rollout> rollouts = await grading.GradeAsync(work).ConfigureAwait(false);
        return rollouts.Select((rollout, i) => rollout.Status is GradeStatus.Graded or GradeStatus.Ungradable
            ? Shape(groups[i].Group.ProblemIndex, [rollout]).Rewards[0]
            : (double)groups[i].Rewards.Average()).ToArray();
    }

    public void SaveState(Utf8JsonWriter writer)
    {
        writer.WriteNumber("place", Place);
        memory.SaveState(writer);
    }

    public void LoadState(JsonElement state)
    {
        Place = state.GetProperty("place").GetInt64();
        memory.LoadState(state);
    }

    private int[] TakeProblems(int count)
    {
        var chosen = new int[count];
        for (int i = 0; i < count; i++)
        {
            chosen[i] = order[Place++];
        }

        return chosen;
    }

    private List<SampleRequest> Requests(int step, int round, int[] chosen, int[] sizes)
    {
        var requests = new List<SampleRequest>(sizes.Sum());
        for (int i = 0; i < chosen.Length; i++)
        {
            // The place among the step's groups is part of the key: a problem that comes twice in one step answers with other draws.
            for (int sample = 0; sample < sizes[i]; sample++)
            {
                ulong key = KeyedRandom.Key(SampleStream, seed, (ulong)step, (ulong)chosen[i], (ulong)((round * options.ProblemsPerStep) + i), (ulong)sample);
                requests.Add(new SampleRequest(problems[chosen[i]], key));
            }
        }

        return requests;
    }

    private Task<IReadOnlyList<Rollout>> GradeAsync(int[] chosen, int[] sizes, IReadOnlyList<Completion> completions, CancellationToken cancellationToken)
    {
        var work = new List<(Problem, Completion)>(completions.Count);
        for (int i = 0; i < chosen.Length; i++)
        {
            for (int sample = 0; sample < sizes[i]; sample++)
            {
                work.Add((problems[chosen[i]], completions[work.Count]));
            }
        }

        return grading.GradeAsync(work, cancellationToken);
    }

    private ScoredGroup Shape(int problem, List<Rollout> rollouts)
    {
        var group = new RolloutGroup(problems[problem], problem, rollouts.ToArray());
        float[] rewards = rollouts.Select(rollout => (float)rollout.Score).ToArray();
        foreach (IRewardShaper shaper in shapers)
        {
            shaper.Shape(group, rewards);
            foreach (float reward in rewards)
            {
                if (!float.IsFinite(reward))
                {
                    throw new GradingException($"Reward shaper {shaper.GetType().Name} made a reward of {reward} on problem {group.Problem.Id ?? problem.ToString(System.Globalization.CultureInfo.InvariantCulture)}: rewards must be finite numbers.");
                }
            }
        }

        return new ScoredGroup(group, rewards);
    }
}
