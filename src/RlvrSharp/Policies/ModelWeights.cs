using RlvrSharp.Models;

namespace RlvrSharp.Policies;

/// <summary>All tensors of a model, by name and by place.</summary>
internal sealed class ModelWeights
{
    private readonly Dictionary<string, Parameter> byName;

    private ModelWeights(CausalLmConfig config, IReadOnlyList<Parameter> parameters, Parameter? valueWeight, Parameter? valueBias)
    {
        Parameters = parameters;
        byName = parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        ValueWeight = valueWeight;
        ValueBias = valueBias;
        Embedding = byName["model.embed_tokens.weight"];
        Head = config.TieWordEmbeddings ? Embedding : byName["lm_head.weight"];
        FinalNorm = byName["model.norm.weight"];
        Layers = [.. Enumerable.Range(0, config.LayerCount).Select(Layer)];
    }

    /// <summary>The checkpoint's tensors, in the order of the forward pass.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The adapters' matrices, where there are adapters; the others are then frozen.</summary>
    public IReadOnlyList<Parameter> Adapters => [.. AdaptedLayers.SelectMany(linear => new[] { linear.Adapter!.Down, linear.Adapter.Up })];

    /// <summary>What the optimiser moves, the value head last.</summary>
    public IReadOnlyList<Parameter> Trained =>
        [.. Parameters.Where(parameter => parameter.Trained), .. Adapters, .. ValueWeight is null ? [] : new[] { ValueWeight, ValueBias! }];

    /// <summary>The layers that have an adapter, in the order of the forward pass.</summary>
    public IEnumerable<Linear> AdaptedLayers => Layers.SelectMany(layer => layer.Linears).Where(linear => linear.Adapter is not null);

    public Parameter Embedding { get; }

    public Parameter Head { get; }

    public Parameter FinalNorm { get; }

    public IReadOnlyList<LayerWeights> Layers { get; }

    public Parameter? ValueWeight { get; }

    public Parameter? ValueBias { get; }

    /// <summary>All tensors of a model, all zero.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="valueHead">Whether it has a value head.</param>
    /// <param name="narrow">Whether matrices are kept as bfloat16, which cannot be trained.</param>
    public static ModelWeights Empty(CausalLmConfig config, bool valueHead, bool narrow = false)
    {
        var parameters = new List<Parameter>();
        foreach ((string name, IReadOnlyList<long> shape) in config.ExpectedTensors())
        {
            bool plain = shape.Count == 1 || (name == "model.embed_tokens.weight" && !config.TieWordEmbeddings);
            parameters.Add(new Parameter(name, shape, packed: !plain, narrow && shape.Count == 2) { Trained = !narrow });
        }

        return new ModelWeights(
            config,
            parameters,
            valueHead ? new Parameter("value_head.weight", [1, config.HiddenSize], packed: false) : null,
            valueHead ? new Parameter("value_head.bias", [1], packed: false) : null);
    }

    public Parameter ByName(string name) => byName[name];

    /// <summary>The same values, copied only when either side changes them. Adapters that add nothing yet are left out.</summary>
    public ModelWeights Share(CausalLmConfig config, bool withAdapters = true)
    {
        var copy = new ModelWeights(config, [.. Parameters.Select(parameter => parameter.Share())], ValueWeight?.Share(), ValueBias?.Share());
        foreach ((Linear from, Linear to) in Layers.SelectMany(layer => layer.Linears).Zip(copy.Layers.SelectMany(layer => layer.Linears)))
        {
            if (withAdapters && from.Adapter is { } adapter && adapter.Up.ValueSpan.ContainsAnyExcept(0f))
            {
                to.Adapter = adapter.Share();
            }
        }

        return copy;
    }

    /// <summary>Freezes the model and gives layers adapters that add nothing yet.</summary>
    /// <param name="options">Rank, scale, seed.</param>
    /// <param name="wanted">Which layers, by the name of their weight.</param>
    /// <returns>How many layers got one.</returns>
    public int Attach(LoraOptions options, Func<string, bool> wanted)
    {
        foreach (Parameter parameter in Parameters)
        {
            parameter.Trained = false;
        }

        int count = 0;
        foreach (Linear linear in Layers.SelectMany(layer => layer.Linears))
        {
            Parameter weight = linear.Weight;
            if (!wanted(weight.Name))
            {
                continue;
            }

            var down = new Parameter(LoraCheckpoint.DownName(weight.Name), [options.Rank, weight.Columns], packed: true);
            var up = new Parameter(LoraCheckpoint.UpName(weight.Name), [weight.Rows, options.Rank], packed: true);
            float[] first = LoraCheckpoint.FirstWeights(options, count, weight.Columns);
            for (int r = 0; r < options.Rank; r++)
            {
                down.Pack(first.AsSpan(r * weight.Columns, weight.Columns), r, down.ValueSpan);
            }

            linear.Adapter = new LoraAdapter(down, up, (float)(options.Alpha / options.Rank));
            count++;
        }

        return count;
    }

    private LayerWeights Layer(int index)
    {
        string at = $"model.layers.{index}.";
        return new LayerWeights(
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

        Linear Linear(string name) => new(byName[at + name + ".weight"], byName.GetValueOrDefault(at + name + ".bias"));
    }
}
