namespace RlvrSharp.Tests.Policies;

/// <summary>What every trainable policy promises; derive and say how to make one.</summary>
public abstract class PolicyContract
{
    protected static readonly SamplingOptions Sampling = new() { MaxTokens = 24 };

    /// <summary>A small policy with random weights and a value head, the same at every call.</summary>
    protected abstract ITrainablePolicy Create();

    /// <summary>How far recorded and recomputed log-probabilities may lie apart; 0 for one engine that samples and trains.</summary>
    protected virtual float Tolerance => 0;

    [Fact]
    public async Task Completions_come_in_the_order_of_the_requests_and_end_for_a_reason()
    {
        ITrainablePolicy policy = Create();
        List<SampleRequest> requests = TinyModels.Requests(3, 4);
        IReadOnlyList<Completion> completions = await policy.SampleAsync(requests, Sampling);
        Assert.Equal(requests.Count, completions.Count);
        for (int i = 0; i < completions.Count; i++)
        {
            Completion completion = completions[i];
            Assert.Equal(policy.Codec.EncodePrompt(requests[i].Messages), completion.PromptTokens.ToArray());
            Assert.InRange(completion.Tokens.Length, 1, Sampling.MaxTokens);
            Assert.Equal(completion.Tokens.Length, completion.LogProbs.Length);
            Assert.Equal(policy.Codec.Decode(completion.Tokens.Span), completion.Text);
            Assert.Equal(completion.FinishReason == FinishReason.Stop, completion.Tokens.Span[^1] == TinyModels.EndToken);
            Assert.DoesNotContain(TinyModels.EndToken, completion.Tokens[..^1].ToArray());
            Assert.All(completion.LogProbs.ToArray(), value => Assert.InRange(value, -50f, 0f));
            Assert.True(completion.FinishReason == FinishReason.Stop || completion.Tokens.Length == Sampling.MaxTokens);
        }

        Assert.Contains(completions, completion => completion.FinishReason == FinishReason.Stop);
        Assert.True(completions.Select(completion => completion.Text).Distinct().Count() > 6);
    }

    [Fact]
    public async Task A_completion_depends_on_its_own_request_only()
    {
        ITrainablePolicy policy = Create();
        List<SampleRequest> requests = TinyModels.Requests(3, 4);
        IReadOnlyList<Completion> together = await policy.SampleAsync(requests, Sampling);
        for (int i = 0; i < requests.Count; i += 3)
        {
            Completion alone = (await policy.SampleAsync([requests[i]], Sampling))[0];
            Assert.Equal(together[i].Tokens.ToArray(), alone.Tokens.ToArray());
        }
    }

    [Fact]
    public async Task Scores_repeat_the_log_probabilities_recorded_while_sampling()
    {
        ITrainablePolicy policy = Create();
        foreach (double temperature in (double[])[1, 0.7])
        {
            var options = new SamplingOptions { MaxTokens = 24, Temperature = temperature };
            IReadOnlyList<Completion> completions = await policy.SampleAsync(TinyModels.Requests(4, 5), options);
            List<TrainingSequence> sequences = [.. completions.Select(c => new TrainingSequence { PromptTokens = c.PromptTokens, Tokens = c.Tokens })];
            IReadOnlyList<TokenScores> scores = await policy.ScoreAsync(sequences, temperature);
            var seen = new Dictionary<TrainingSequence, float[]>();
            await policy.ForwardBackwardAsync(
                sequences,
                (sequence, outputs, gradients) =>
                {
                    lock (seen)
                    {
                        seen[sequence] = outputs.LogProbs.ToArray();
                    }

                    return default;
                },
                temperature);
            for (int i = 0; i < completions.Count; i++)
            {
                AssertSame(completions[i].LogProbs, scores[i].LogProbs);
                AssertSame(completions[i].LogProbs, seen[sequences[i]]);
            }
        }
    }

    [Fact]
    public async Task A_loss_sees_outputs_as_long_as_the_answer_and_gradients_at_zero()
    {
        ITrainablePolicy policy = Create();
        List<TrainingSequence> batch = TinyModels.Sequences(37, 3, 3, 1);
        LossTerms terms = await policy.ForwardBackwardAsync(batch, (sequence, outputs, gradients) =>
        {
            int n = sequence.Tokens.Length;
            bool right = outputs.LogProbs.Length == n && outputs.Entropies.Length == n && outputs.Values.Length == (policy.HasValueHead ? n : 0)
                && gradients.LogProbs.Length == n && gradients.Entropies.Length == n && gradients.Values.Length == outputs.Values.Length
                && !gradients.LogProbs.ContainsAnyExcept(0f) && !gradients.Entropies.ContainsAnyExcept(0f) && !gradients.Values.ContainsAnyExcept(0f);
            return new LossTerms { Loss = right ? 1 : 0, TokenCount = n };
        });
        Assert.Equal(batch.Count, terms.Loss);
        Assert.Equal(batch.Sum(sequence => sequence.Tokens.Length), terms.TokenCount);
    }

    [Fact]
    public async Task Raising_log_probabilities_raises_them()
    {
        ITrainablePolicy policy = Create();
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 2, 1);
        double before = Sum(await policy.ScoreAsync(batch));
        for (int step = 0; step < 5; step++)
        {
            await policy.ForwardBackwardAsync(batch, Likelihood);
            double norm = await policy.OptimizerStepAsync(new AdamWOptions(), 3e-3);
            Assert.True(norm > 0 && double.IsFinite(norm));
        }

        Assert.True(Sum(await policy.ScoreAsync(batch)) > before + 1);
    }

    [Fact]
    public async Task A_reference_stays_what_it_was()
    {
        ITrainablePolicy policy = Create();
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 2, 1);
        IPolicy reference = policy.CreateReference();
        IReadOnlyList<TokenScores> before = await policy.ScoreAsync(batch);
        AssertSame(before[0].LogProbs, (await reference.ScoreAsync(batch))[0].LogProbs);
        await policy.ForwardBackwardAsync(batch, Likelihood);
        await policy.OptimizerStepAsync(new AdamWOptions(), 1e-2);
        AssertSame(before[0].LogProbs, (await reference.ScoreAsync(batch))[0].LogProbs);
        Assert.NotEqual(before[0].LogProbs.ToArray(), (await policy.ScoreAsync(batch))[0].LogProbs.ToArray());
    }

    [Fact]
    public async Task Gradients_add_up_until_the_step_and_are_clear_after_it()
    {
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 2, 1);
        ITrainablePolicy once = Create();
        await once.ForwardBackwardAsync(batch, Likelihood);
        ITrainablePolicy twice = Create();
        await twice.ForwardBackwardAsync(batch, Likelihood);
        await twice.ForwardBackwardAsync(batch, Likelihood);
        double single = await once.OptimizerStepAsync(new AdamWOptions(), 1e-3);
        double both = await twice.OptimizerStepAsync(new AdamWOptions(), 1e-3);
        Assert.Equal(2, both / single, 1e-5);
        Assert.Equal(0, await once.OptimizerStepAsync(new AdamWOptions(), 1e-3));
    }

    [Fact]
    public async Task A_gradient_that_is_not_finite_changes_nothing()
    {
        ITrainablePolicy policy = Create();
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 2, 1);
        IReadOnlyList<TokenScores> before = await policy.ScoreAsync(batch);
        await policy.ForwardBackwardAsync(batch, (_, _, gradients) =>
        {
            gradients.LogProbs[0] = float.NaN;
            return default;
        });
        Assert.False(double.IsFinite(await policy.OptimizerStepAsync(new AdamWOptions(), 1e-2)));
        AssertSame(before[0].LogProbs, (await policy.ScoreAsync(batch))[0].LogProbs);
        await policy.ForwardBackwardAsync(batch, Likelihood);
        Assert.True(double.IsFinite(await policy.OptimizerStepAsync(new AdamWOptions(), 1e-2)));
    }

    [Fact]
    public async Task Training_goes_on_from_a_saved_state_as_if_nothing_had_happened()
    {
        string folder = Path.Combine(Path.GetTempPath(), "rlvr-contract-" + Guid.NewGuid().ToString("N"));
        try
        {
            List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 3, 1);
            ITrainablePolicy straight = Create();
            await Train(straight, batch, 5);
            ITrainablePolicy first = Create();
            await Train(first, batch, 2);
            await first.SaveAsync(folder, withOptimizerState: true);
            ITrainablePolicy second = Create();
            await Train(second, batch, 1);
            await second.LoadAsync(folder);
            await Train(second, batch, 3);
            IReadOnlyList<TokenScores> expected = await straight.ScoreAsync(batch);
            IReadOnlyList<TokenScores> actual = await second.ScoreAsync(batch);
            for (int i = 0; i < batch.Count; i++)
            {
                AssertSame(expected[i].LogProbs, actual[i].LogProbs);
                AssertSame(expected[i].Values, actual[i].Values);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Saving_does_not_replace_a_directory()
    {
        string folder = Directory.CreateTempSubdirectory("rlvr-contract-").FullName;
        try
        {
            await Assert.ThrowsAsync<CheckpointException>(() => Create().SaveAsync(folder));
            Assert.Empty(Directory.GetFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Sequences_that_do_not_fit_are_refused_by_name()
    {
        ITrainablePolicy policy = Create();
        int context = policy.ContextLength;
        PromptMessage[] tooLong = [new("user", new string('a', context))];
        PolicyException prompt = await Assert.ThrowsAsync<PolicyException>(() => policy.SampleAsync([new SampleRequest(tooLong, 1)], Sampling));
        Assert.Contains($"{context}", prompt.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PolicyException>(() => policy.ScoreAsync([new TokenSequence { PromptTokens = default, Tokens = new int[3] }]));
        await Assert.ThrowsAsync<PolicyException>(() => policy.ScoreAsync([new TokenSequence { PromptTokens = new int[3], Tokens = new int[context] }]));
        await Assert.ThrowsAsync<PolicyException>(() => policy.ScoreAsync([new TokenSequence { PromptTokens = new[] { 1, -1 }, Tokens = new int[1] }]));
        await Assert.ThrowsAsync<PolicyException>(() => policy.ScoreAsync([new TokenSequence { PromptTokens = new int[1], Tokens = new[] { policy.Codec.VocabularySize + 1000 } }]));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => policy.ScoreAsync([new TokenSequence { PromptTokens = new int[1], Tokens = new int[1] }], 0));
    }

    [Fact]
    public async Task An_answer_may_fill_the_context_to_its_end()
    {
        ITrainablePolicy policy = Create();
        PromptMessage[] messages = [new("user", new string('a', policy.ContextLength - 2))];
        List<SampleRequest> requests = [.. Enumerable.Range(0, 8).Select(i => new SampleRequest(messages, (ulong)i))];
        IReadOnlyList<Completion> completions = await policy.SampleAsync(requests, Sampling);
        Assert.All(completions, completion => Assert.InRange(completion.Tokens.Length, 1, 2));
        Assert.Contains(completions, completion => completion.FinishReason == FinishReason.Length);
        IReadOnlyList<TokenScores> scores = await policy.ScoreAsync([.. completions.Select(c => new TokenSequence { PromptTokens = c.PromptTokens, Tokens = c.Tokens })]);
        AssertSame(completions[0].LogProbs, scores[0].LogProbs);
    }

    [Fact]
    public async Task Nothing_asked_for_is_nothing_done()
    {
        ITrainablePolicy policy = Create();
        Assert.Empty(await policy.SampleAsync([], Sampling));
        Assert.Empty(await policy.ScoreAsync([]));
        Assert.Equal(default, await policy.ForwardBackwardAsync([], Likelihood));
        TokenScores empty = (await policy.ScoreAsync([new TokenSequence { PromptTokens = new int[3], Tokens = default }]))[0];
        Assert.Equal(0, empty.LogProbs.Length);
    }

    [Fact]
    public async Task Cancelling_ends_a_call()
    {
        ITrainablePolicy policy = Create();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => policy.SampleAsync(TinyModels.Requests(1, 1), Sampling, source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => policy.ScoreAsync(TinyModels.Sequences(37, 1, 1, 1), 1, source.Token));
    }

    protected void AssertSame(ReadOnlyMemory<float> expected, ReadOnlyMemory<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected.Span[i] - actual.Span[i]) <= Tolerance, $"{expected.Span[i]:R} and {actual.Span[i]:R} at {i}.");
        }
    }

    private static LossTerms Likelihood(TrainingSequence sequence, TokenOutputs outputs, TokenGradients gradients)
    {
        gradients.LogProbs.Fill(-1);
        return default;
    }

    private static async Task Train(ITrainablePolicy policy, List<TrainingSequence> batch, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
            await policy.OptimizerStepAsync(new AdamWOptions { WeightDecay = 0.01 }, 3e-3);
        }
    }

    private static double Sum(IReadOnlyList<TokenScores> scores) => scores.Sum(score => score.LogProbs.ToArray().Sum(value => (double)value));
}
