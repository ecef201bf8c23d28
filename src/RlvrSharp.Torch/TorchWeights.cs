using RlvrSharp.Models;
using RlvrSharp.Policies;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>A linear layer's parameters.</summary>
internal sealed record TorchLinear(TorchParameter Weight, TorchParameter? Bias)
{
    /// <summary>A, [rank × inputs]; null without an adapter.</summary>
    public TorchParameter? Down { get; init; }

    /// <summary>B, [outputs × rank]; zero at first.</summary>
    public TorchParameter? Up { get; init; }
}

/// <summary>A layer's parameters.</summary>
internal sealed record TorchLayer(
    TorchParameter InputNorm,
    TorchLinear Query,
    TorchLinear Key,
    TorchLinear Value,
    TorchLinear Output,
    TorchParameter? QueryNorm,
    TorchParameter? KeyNorm,
    TorchParameter FeedForwardNorm,
    TorchLinear Gate,
    TorchLinear Up,
    TorchLinear Down)
{
    public TorchLinear[] Linears => [Query, Key, Value, Output, Gate, Up, Down];
}

/// <summary>All tensors of a model, by name and by place.</summary>
internal sealed class TorchWeights : IDisposable
{
    private readonly Dictionary<string, TorchParameter> byName;

    private TorchWeights(CausalLmConfig config, IReadOnlyList<TorchParameter> parameters, IReadOnlyList<TorchParameter> adapters, TorchParameter? valueWeight, TorchParameter? valueBias, double adapterScale)
    {
        Parameters = parameters;
        Adapters = adapters;
        ValueWeight = valueWeight;
        ValueBias = valueBias;
        AdapterScale = adapterScale;
        byName = parameters.Concat(adapters).ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        Embedding = byName["model.embed_tokens.weight"];
        Head = config.TieWordEmbeddings ? Embedding : byName["lm_head.weight"];
        FinalNorm = byName["model.norm.weight"];
        Layers = [.. Enumerable.Range(0, config.LayerCount).Select(Layer)];
    }

    /// <summary>The checkpoint's tensors, in the order of the forward pass.</summary>
    public IReadOnlyList<TorchParameter> Parameters { get; }

    /// <summary>The adapters' matrices, A before B.</summary>
    public IReadOnlyList<TorchParameter> Adapters { get; }

    /// <summary>What B A x is multiplied by: alpha / rank.</summary>
    public double AdapterScale { get; }

    public TorchParameter Embedding { get; }

    public TorchParameter Head { get; }

    public TorchParameter FinalNorm { get; }

    public TorchParameter? ValueWeight { get; }

    public TorchParameter? ValueBias { get; }

    public IReadOnlyList<TorchLayer> Layers { get; }

    /// <summary>Every tensor, the value head last.</summary>
    public IEnumerable<TorchParameter> All => [.. Parameters, .. Adapters, .. ValueWeight is null ? [] : new[] { ValueWeight, ValueBias! }];

    /// <summary>What the optimiser moves.</summary>
    public IEnumerable<TorchParameter> Trained => All.Where(parameter => parameter.Trained);

    /// <summary>A model's tensors without numbers yet; the value head and B of adapters are zero, A is drawn.</summary>
    public static TorchWeights Create(CausalLmConfig config, TorchPolicyOptions options, Device device)
    {
        ScalarType precision = options.Precision == TorchPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        bool everything = options.Lora is null;
        var parameters = config.ExpectedTensors().Select(tensor => new TorchParameter(tensor.Name, tensor.Shape, everything, precision)).ToList();
        var adapters = new List<TorchParameter>();
        if (options.Lora is { } lora)
        {
            AddAdapters(parameters, adapters, lora, precision, device);
        }

        // The value head is small and its targets are means of many numbers: single precision always.
        TorchParameter? weight = null, bias = null;
        if (options.ValueHead)
        {
            weight = new TorchParameter("value_head.weight", [1, config.HiddenSize], trained: true, ScalarType.Float32);
            bias = new TorchParameter("value_head.bias", [1], trained: true, ScalarType.Float32);
            weight.Replace(zeros(weight.Shape, ScalarType.Float32, device));
            bias.Replace(zeros(bias.Shape, ScalarType.Float32, device));
        }

        return new TorchWeights(config, parameters, adapters, weight, bias, options.Lora is null ? 0 : options.Lora.Alpha / options.Lora.Rank);
    }

    /// <summary>The same numbers, frozen; memory is copied only when these are moved.</summary>
    public TorchWeights Share(CausalLmConfig config) =>
        new(config, [.. Parameters.Select(p => p.Share())], [.. Adapters.Select(p => p.Share())], ValueWeight?.Share(), ValueBias?.Share(), AdapterScale);

    public void Dispose()
    {
        foreach (TorchParameter parameter in All)
        {
            parameter.Dispose();
        }
    }

    private static void AddAdapters(List<TorchParameter> parameters, List<TorchParameter> adapters, LoraOptions lora, ScalarType precision, Device device)
    {
        LoraCheckpoint.CheckModules(lora);
        foreach (TorchParameter weight in parameters.Where(p => LoraCheckpoint.Wants(lora, p.Name)))
        {
            long rows = weight.Shape[0], columns = weight.Shape[1];
            var down = new TorchParameter(LoraCheckpoint.DownName(weight.Name), [lora.Rank, columns], trained: true, precision);
            var up = new TorchParameter(LoraCheckpoint.UpName(weight.Name), [rows, lora.Rank], trained: true, precision);
            float[] values = LoraCheckpoint.FirstWeights(lora, adapters.Count / 2, (int)columns);
            down.Replace(tensor(values, down.Shape, device: device));
            up.Replace(zeros(up.Shape, ScalarType.Float32, device));
            adapters.Add(down);
            adapters.Add(up);
        }
    }

    private TorchLayer Layer(int index)
    {
        string at = $"model.layers.{index}.";
        return new TorchLayer(
            byName[at + "input_layernorm.weight"],
            Linear("self_attn.q_proj"),
            Linear("self_attn.k_proj"),
            Linear("self_attn.v_proj"),
            Linear("self_attn.o_proj"),
            byName.GetValueOrDefault(at + "self_attn.q_norm.weight"),
            byName.GetValueOrDefault(at + "self_attn.k_norm.weight"),
            byName[at + "post_attention_layernorm.weight"],
            Linear("mlp.gate_proj"),
            Linear("mlp.up_proj"),
            Linear("mlp.down_proj"));

        TorchLinear Linear(string name)
        {
            string weight = at + name + ".weight";
            return new TorchLinear(byName[weight], byName.GetValueOrDefault(at + name + ".bias"))
            {
                Down = byName.GetValueOrDefault(LoraCheckpoint.DownName(weight)),
                Up = byName.GetValueOrDefault(LoraCheckpoint.UpName(weight)),
            };
        }
    }
}
