using System.Text.Json;

namespace RlvrSharp.Tests;

/// <summary>
/// The smallest honest policy: the next letter depends on the last one alone, through a table of logits. It does everything that
/// <see cref="ITrainablePolicy"/> asks for, in double precision where it matters, so trainers can be tested without a model.
/// </summary>
internal sealed class BigramPolicy : ITrainablePolicy
{
    public const string Letters = "abcdefgh.";
    private const int End = 8;
    private const int Size = 9;
    private readonly double[] logits;
    private readonly double[] values;
    private readonly double[] logitGradients = new double[Size * Size];
    private readonly double[] valueGradients = new double[Size];
    private double[] first = new double[(Size * Size) + Size];
    private double[] second = new double[(Size * Size) + Size];
    private int steps;

    public BigramPolicy(bool valueHead = false)
        : this(new double[Size * Size], new double[Size], valueHead)
    {
    }

    private BigramPolicy(double[] logits, double[] values, bool valueHead)
    {
        this.logits = logits;
        this.values = values;
        HasValueHead = valueHead;
    }

    public ITokenCodec Codec { get; } = new LetterCodec();

    public int ContextLength { get; init; } = 32;

    public bool HasValueHead { get; }

    public int ForwardBackwardCalls { get; private set; }

    public ReadOnlySpan<double> Logits => logits;

    public Task<IReadOnlyList<Completion>> SampleAsync(IReadOnlyList<SampleRequest> requests, SamplingOptions options, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var completions = new Completion[requests.Count];
        int[]? shared = null;
        for (int i = 0; i < requests.Count; i++)
        {
            int[] prompt = Codec.EncodePrompt(requests[i].Messages);
            shared = shared is not null && shared.AsSpan().SequenceEqual(prompt) ? shared : prompt;
            completions[i] = Sample(shared, requests[i].Stream, options);
        }

        return Task.FromResult<IReadOnlyList<Completion>>(completions);
    }

    public Task<IReadOnlyList<TokenScores>> ScoreAsync(IReadOnlyList<TokenSequence> sequences, double temperature = 1, CancellationToken cancellationToken = default)
    {
        var scores = new TokenScores[sequences.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            (float[] logProbs, float[] entropies, float[] tokenValues) = Forward(sequences[i], temperature);
            scores[i] = new TokenScores(logProbs, entropies, HasValueHead ? tokenValues : default);
        }

        return Task.FromResult<IReadOnlyList<TokenScores>>(scores);
    }

    public IPolicy CreateReference() => new BigramPolicy((double[])logits.Clone(), (double[])values.Clone(), HasValueHead);

    public Task<LossTerms> ForwardBackwardAsync(IReadOnlyList<TrainingSequence> batch, PolicyLoss loss, double temperature = 1, CancellationToken cancellationToken = default)
    {
        ForwardBackwardCalls++;
        LossTerms sum = default;
        foreach (TrainingSequence sequence in batch)
        {
            (float[] logProbs, float[] entropies, float[] tokenValues) = Forward(sequence, temperature);
            var logProbGradients = new float[logProbs.Length];
            var entropyGradients = new float[logProbs.Length];
            var tokenValueGradients = new float[HasValueHead ? logProbs.Length : 0];
            sum += loss(
                sequence,
                new TokenOutputs { LogProbs = logProbs, Entropies = entropies, Values = HasValueHead ? tokenValues : default },
                new TokenGradients { LogProbs = logProbGradients, Entropies = entropyGradients, Values = tokenValueGradients });
            Backward(sequence, temperature, logProbGradients, entropyGradients, tokenValueGradients);
        }

        return Task.FromResult(sum);
    }

    public Task<double> OptimizerStepAsync(AdamWOptions options, double learningRate, CancellationToken cancellationToken = default)
    {
        double[] gradients = [.. logitGradients, .. valueGradients];
        double norm = Math.Sqrt(gradients.Sum(g => g * g));
        Array.Clear(logitGradients);
        Array.Clear(valueGradients);
        if (!double.IsFinite(norm) || learningRate == 0)
        {
            return Task.FromResult(norm);
        }

        double scale = Math.Min(1, options.MaxGradNorm / (norm + 1e-6));
        steps++;
        for (int i = 0; i < gradients.Length; i++)
        {
            double g = gradients[i] * scale;
            first[i] = (options.Beta1 * first[i]) + ((1 - options.Beta1) * g);
            second[i] = (options.Beta2 * second[i]) + ((1 - options.Beta2) * g * g);
            double move = learningRate * (first[i] / (1 - Math.Pow(options.Beta1, steps))) / (Math.Sqrt(second[i] / (1 - Math.Pow(options.Beta2, steps))) + options.Epsilon);
            ref double weight = ref i < logits.Length ? ref logits[i] : ref values[i - logits.Length];
            weight = (weight * (1 - (learningRate * options.WeightDecay))) - move;
        }

        return Task.FromResult(norm);
    }

    public Task SaveAsync(string directory, bool withOptimizerState = false, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(directory);
        double[][] all = withOptimizerState ? [logits, values, first, second, [steps]] : [logits, values];
        File.WriteAllText(Path.Combine(directory, "bigram.json"), JsonSerializer.Serialize(all));
        return Task.CompletedTask;
    }

    public Task LoadAsync(string directory, CancellationToken cancellationToken = default)
    {
        double[][] all = JsonSerializer.Deserialize<double[][]>(File.ReadAllText(Path.Combine(directory, "bigram.json")))!;
        all[0].CopyTo(logits, 0);
        all[1].CopyTo(values, 0);
        if (all.Length > 2)
        {
            first = all[2];
            second = all[3];
            steps = (int)all[4][0];
        }

        return Task.CompletedTask;
    }

    private double[] Probabilities(int last, double temperature)
    {
        double[] row = logits.AsSpan(last * Size, Size).ToArray();
        double max = row.Max();
        double[] weights = Array.ConvertAll(row, logit => Math.Exp((logit - max) / temperature));
        double sum = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    private Completion Sample(int[] prompt, ulong stream, SamplingOptions options)
    {
        var random = new KeyedRandom(stream);
        var tokens = new List<int>();
        var logProbs = new List<float>();
        int last = prompt[^1];
        FinishReason finish = FinishReason.Length;
        while (tokens.Count < Math.Min(options.MaxTokens, ContextLength - prompt.Length))
        {
            double[] p = Probabilities(last, options.Temperature == 0 ? 1 : options.Temperature);
            int token = 0;
            if (options.Temperature == 0)
            {
                token = Array.IndexOf(p, p.Max());
            }
            else
            {
                double u = random.NextDouble();
                while (token < Size - 1 && (u -= p[token]) >= 0)
                {
                    token++;
                }
            }

            tokens.Add(token);
            logProbs.Add((float)Math.Log(p[token]));
            last = token;
            if (token == End)
            {
                finish = FinishReason.Stop;
                break;
            }
        }

        int[] array = tokens.ToArray();
        return new Completion { Text = Codec.Decode(array), PromptTokens = prompt, Tokens = array, LogProbs = logProbs.ToArray(), FinishReason = finish };
    }

    private (float[] LogProbs, float[] Entropies, float[] Values) Forward(TokenSequence sequence, double temperature)
    {
        int n = sequence.Tokens.Length;
        var logProbs = new float[n];
        var entropies = new float[n];
        var tokenValues = new float[n];
        for (int t = 0; t < n; t++)
        {
            int last = t == 0 ? sequence.PromptTokens.Span[^1] : sequence.Tokens.Span[t - 1];
            double[] p = Probabilities(last, temperature);
            logProbs[t] = (float)Math.Log(p[sequence.Tokens.Span[t]]);
            entropies[t] = (float)-p.Sum(x => x * Math.Log(x));
            tokenValues[t] = (float)values[last];
        }

        return (logProbs, entropies, tokenValues);
    }

    private void Backward(TokenSequence sequence, double temperature, float[] logProbGradients, float[] entropyGradients, float[] tokenValueGradients)
    {
        for (int t = 0; t < logProbGradients.Length; t++)
        {
            int last = t == 0 ? sequence.PromptTokens.Span[^1] : sequence.Tokens.Span[t - 1];
            double[] p = Probabilities(last, temperature);
            double entropy = -p.Sum(x => x * Math.Log(x));
            for (int v = 0; v < Size; v++)
            {
                double indicator = v == sequence.Tokens.Span[t] ? 1 : 0;
                logitGradients[(last * Size) + v] +=
                    ((logProbGradients[t] * (indicator - p[v])) - (entropyGradients[t] * p[v] * (Math.Log(p[v]) + entropy))) / temperature;
            }

            if (tokenValueGradients.Length > 0)
            {
                valueGradients[last] += tokenValueGradients[t];
            }
        }
    }

    private sealed class LetterCodec : ITokenCodec
    {
        public int VocabularySize => Size;

        public int[] EncodePrompt(IReadOnlyList<PromptMessage> messages) => messages[^1].Content.Select(letter => Letters.IndexOf(letter, StringComparison.Ordinal)).ToArray();

        public int[] EncodeAnswer(string text) => [.. text.Select(letter => Letters.IndexOf(letter, StringComparison.Ordinal)), End];

        public string Decode(ReadOnlySpan<int> tokens)
        {
            var text = new System.Text.StringBuilder();
            foreach (int token in tokens)
            {
                text.Append(token == End ? string.Empty : Letters[token]);
            }

            return text.ToString();
        }
    }
}
