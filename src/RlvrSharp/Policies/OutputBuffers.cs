namespace RlvrSharp.Policies;

/// <summary>What a forward pass gives per answer token of a batch, and the gradients that losses write for it.</summary>
internal sealed class OutputBuffers
{
    public float[] LogProbs { get; private set; } = [];

    public float[] Entropies { get; private set; } = [];

    /// <summary>Empty without a value head.</summary>
    public float[] Values { get; private set; } = [];

    public float[] LogProbGradients { get; private set; } = [];

    public float[] EntropyGradients { get; private set; } = [];

    /// <summary>Empty without a value head.</summary>
    public float[] ValueGradients { get; private set; } = [];

    /// <summary>What of <see cref="ValueGradients"/> goes on into the layers below the value head: all of it, or 0 where a sequence stops it.</summary>
    public float[] SharedValueGradients { get; private set; } = [];

    /// <summary>Makes room for a batch and clears everything.</summary>
    public void Resize(int outputs, bool withValues)
    {
        LogProbs = new float[outputs];
        Entropies = new float[outputs];
        LogProbGradients = new float[outputs];
        EntropyGradients = new float[outputs];
        Values = withValues ? new float[outputs] : [];
        ValueGradients = withValues ? new float[outputs] : [];
        SharedValueGradients = withValues ? new float[outputs] : [];
    }
}
