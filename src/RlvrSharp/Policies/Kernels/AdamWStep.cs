namespace RlvrSharp.Policies.Kernels;

/// <summary>The numbers one optimiser step uses for every element.</summary>
internal readonly struct AdamWStep
{
    public AdamWStep(AdamWOptions options, double learningRate, long step, double gradientScale)
    {
        GradientScale = (float)gradientScale;
        Beta1 = (float)options.Beta1;
        Beta2 = (float)options.Beta2;
        OneMinusBeta1 = (float)(1 - options.Beta1);
        OneMinusBeta2 = (float)(1 - options.Beta2);
        Epsilon = (float)options.Epsilon;
        Decay = (float)(1 - (learningRate * options.WeightDecay));
        StepSize = (float)(learningRate / (1 - Math.Pow(options.Beta1, step)));
        RootCorrection = (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step)));
    }

    /// <summary>What gradients are multiplied by: the clip coefficient.</summary>
    public float GradientScale { get; }

    public float Beta1 { get; }

    public float Beta2 { get; }

    public float OneMinusBeta1 { get; }

    public float OneMinusBeta2 { get; }

    public float Epsilon { get; }

    /// <summary>1 − learning rate × weight decay.</summary>
    public float Decay { get; }

    /// <summary>Learning rate over the first moment's bias correction.</summary>
    public float StepSize { get; }

    /// <summary>1 over the root of the second moment's bias correction.</summary>
    public float RootCorrection { get; }
}
