using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace RlvrSharp.Training;

/// <summary>Supervised fine-tuning through the same seam as reinforcement learning: it makes base models, and it is the comparison to beat.</summary>
/// <remarks>The loss of a step is −Σ w·log π / Σ w over the step's answer tokens (and prompt tokens, if they have a weight).</remarks>
public sealed class SftTrainer : ITrainer
{
    private const ulong OrderStream = 0x736674;
    private readonly ITrainablePolicy policy;
    private readonly SftOptions options;

    /// <summary>A trainer.</summary>
    /// <param name="policy">The policy to move.</param>
    /// <param name="options">The settings, read now.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Settings are out of range; all are named.</exception>
    public SftTrainer(ITrainablePolicy policy, SftOptions options)
    {
        this.policy = policy ?? throw new ArgumentNullException(nameof(policy));
        OptionsCheck.ThrowIfInvalid(options, new SftOptionsValidator());
        this.options = options;
    }

    /// <summary>Makes one example of a prompt and its answer.</summary>
    /// <param name="codec">The policy's tokenizer.</param>
    /// <param name="messages">The prompt.</param>
    /// <param name="answer">The answer to learn.</param>
    /// <param name="promptWeight">What prompt tokens weigh; 0 leaves them out.</param>
    /// <param name="tools">The tools that the chat template shows the model, as in <see cref="Problem.Tools"/>; none by default.</param>
    /// <returns>A sequence whose <see cref="TrainingSequence.Weights"/> are the relative weights of its tokens.</returns>
    public static TrainingSequence CreateExample(ITokenCodec codec, IReadOnlyList<PromptMessage> messages, string answer, double promptWeight = 0, JsonElement tools = default)
    {
        ArgumentNullException.ThrowIfNull(codec);
        int[] prompt = codec.EncodePrompt(messages, tools);
        int[] tokens = codec.EncodeAnswer(answer);
        if (promptWeight <= 0 || prompt.Length < 2)
        {
            var ones = new float[tokens.Length];
            Array.Fill(ones, 1f);
            return new TrainingSequence { PromptTokens = prompt, Tokens = tokens, Weights = ones };
        }

        // A prompt that is learned too becomes part of the answer, all but its first token, which nothing precedes.
        int[] all = [.. prompt.AsSpan(1), .. tokens];
        var weights = new float[all.Length];
        weights.AsSpan(0, prompt.Length - 1).Fill((float)promptWeight);
        weights.AsSpan(prompt.Length - 1).Fill(1f);
        return new TrainingSequence { PromptTokens = prompt.AsMemory(0, 1), Tokens = all, Weights = weights };
    }

    /// <inheritdoc/>
    /// <remarks>A problem's answer is its <see cref="Problem.Reference"/>, or the last message where that is the assistant's.</remarks>
    public IAsyncEnumerable<TrainingStep> TrainAsync(IReadOnlyList<Problem> problems, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var examples = new TrainingSequence[problems.Count];
        for (int i = 0; i < examples.Length; i++)
        {
            Problem problem = problems[i];
            string name = problem.Id ?? string.Create(CultureInfo.InvariantCulture, $"problem {i}");
            bool answered = problem.Messages.Count > 1 && problem.Messages[^1].Role == "assistant";
            string answer = answered ? problem.Messages[^1].Content
                : problem.Reference ?? throw new DataException($"{name}: there is no answer to learn: give the row a reference, or end its messages with the assistant's.");
            IReadOnlyList<PromptMessage> prompt = answered ? problem.Messages.Take(problem.Messages.Count - 1).ToArray() : problem.Messages;
            examples[i] = CreateExample(policy.Codec, prompt, answer, options.PromptWeight, problem.Tools);
            int length = examples[i].PromptTokens.Length + examples[i].Tokens.Length;
            if (length > policy.ContextLength)
            {
                throw new DataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}: prompt and answer are {length} tokens, but the model's context is {policy.ContextLength}: shorten the row or leave it out."));
            }
        }

        return TrainAsync(examples, cancellationToken);
    }

    /// <summary>Trains on prepared examples (see <see cref="CreateExample"/>).</summary>
    /// <param name="examples">The examples, with relative token weights; at least one.</param>
    /// <param name="cancellationToken">Ends training after the step in progress.</param>
    /// <returns>A report after each step; <see cref="TrainingStep.Loss"/> is in nats per weighted token.</returns>
    public async IAsyncEnumerable<TrainingStep> TrainAsync(
        IReadOnlyList<TrainingSequence> examples, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentOutOfRangeException.ThrowIfZero(examples.Count, nameof(examples));
        int stepsPerEpoch = (examples.Count + options.BatchSize - 1) / options.BatchSize;
        int total = options.Steps ?? checked(options.Epochs * stepsPerEpoch);
        int[] order = [];
        for (int step = 1; step <= total && !cancellationToken.IsCancellationRequested; step++)
        {
            long start = Stopwatch.GetTimestamp();
            int place = (step - 1) % stepsPerEpoch;
            if (place == 0)
            {
                order = Order(examples.Count, (step - 1) / stepsPerEpoch);
            }

            TrainingSequence[] batch = order.Skip(place * options.BatchSize).Take(options.BatchSize).Select(i => examples[i]).ToArray();
            TrainingSequence[] normalised = Normalise(batch);
            LossTerms terms = await policy.ForwardBackwardAsync(normalised, NegativeLogLikelihood, 1, CancellationToken.None).ConfigureAwait(false);
            double rate = options.Optimizer.LearningRate * options.Schedule.Factor(step, total);
            double norm = await policy.OptimizerStepAsync(options.Optimizer, rate, CancellationToken.None).ConfigureAwait(false);
            yield return new TrainingStep
            {
                Number = step,
                TotalSteps = total,
                Loss = terms.Loss,
                Entropy = terms.TokenCount > 0 ? terms.EntropySum / terms.TokenCount : 0,
                GradNorm = norm,
                LearningRate = rate,
                TrainedTokens = batch.Sum(sequence => (long)sequence.PromptTokens.Length + sequence.Tokens.Length),
                Seconds = new Dictionary<string, double> { ["train"] = Stopwatch.GetElapsedTime(start).TotalSeconds },
            };
        }
    }

    private static TrainingSequence[] Normalise(TrainingSequence[] batch)
    {
        double sum = 0;
        foreach (TrainingSequence sequence in batch)
        {
            foreach (float weight in sequence.Weights.Span)
            {
                sum += weight;
            }
        }

        double scale = sum > 0 ? 1 / sum : 0;
        return Array.ConvertAll(batch, sequence => new TrainingSequence
        {
            PromptTokens = sequence.PromptTokens,
            Tokens = sequence.Tokens,
            Weights = Array.ConvertAll(sequence.Weights.ToArray(), weight => (float)(weight * scale)),
        });
    }

    private static LossTerms NegativeLogLikelihood(TrainingSequence sequence, TokenOutputs outputs, TokenGradients gradients)
    {
        ReadOnlySpan<float> weights = sequence.Weights.Span;
        double loss = 0;
        double entropy = 0;
        int count = 0;
        for (int t = 0; t < weights.Length; t++)
        {
            gradients.LogProbs[t] = -weights[t];
            loss -= (double)weights[t] * outputs.LogProbs[t];
            entropy += weights[t] > 0 ? outputs.Entropies[t] : 0;
            count += weights[t] > 0 ? 1 : 0;
        }

        return new LossTerms { Loss = loss, PolicyLoss = loss, TokenCount = count, EntropySum = entropy };
    }

    private int[] Order(int count, int epoch)
    {
        int[] order = Enumerable.Range(0, count).ToArray();
        if (options.Shuffle)
        {
            var random = new KeyedRandom(KeyedRandom.Key(OrderStream, options.Seed, (ulong)epoch));
            random.Shuffle<int>(order);
        }

        return order;
    }
}
