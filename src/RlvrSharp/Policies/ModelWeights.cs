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
        Trained = valueWeight is null ? parameters : [.. parameters, valueWeight, valueBias!];
    }

    /// <summary>The checkpoint's tensors, in the order of the forward pass.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>What the optimiser moves, the value head last.</summary>
    public IReadOnlyList<Parameter> Trained { get; }

    public Parameter Embedding { get; }

    public Parameter Head { get; }

    public Parameter FinalNorm { get; }

    public IReadOnlyList<LayerWeights> Layers { get; }

    public Parameter? ValueWeight { get; }

    public Parameter? ValueBias { get; }

    /// <summary>All tensors of a model, all zero.</summary>
    public static ModelWeights Empty(CausalLmConfig config, bool valueHead)
    {
        var parameters = new List<Parameter>();
        foreach ((string name, IReadOnlyList<long> shape) in config.ExpectedTensors())
        {
            bool plain = shape.Count == 1 || (name == "model.embed_tokens.weight" && !config.TieWordEmbeddings);
            parameters.Add(new Parameter(name, shape, packed: !plain));
        }

        return new ModelWeights(
            config,
            parameters,
            valueHead ? new Parameter("value_head.weight", [1, config.HiddenSize], packed: false) : null,
            valueHead ? new Parameter("value_head.bias", [1], packed: false) : null);
    }

    public Parameter ByName(string name) => byName[name];

    /// <summary>The same values, copied only when either side changes them.</summary>
    public ModelWeights Share(CausalLmConfig config) =>
        new(config, [.. Parameters.Select(parameter => parameter.Share())], ValueWeight?.Share(), ValueBias?.Share());

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
