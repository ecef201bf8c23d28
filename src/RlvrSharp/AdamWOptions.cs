using System.ComponentModel.DataAnnotations;

namespace RlvrSharp;

/// <summary>AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101) and global gradient-norm clipping.</summary>
public sealed class AdamWOptions
{
    /// <summary>The step size at the top of the schedule.</summary>
    /// <value>The default value is 1e-5.</value>
    [Within(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; set; } = 1e-5;

    /// <summary>The decay of the first moment.</summary>
    /// <value>The default value is 0.9.</value>
    [Within(0.0, 1.0, MaximumIsExclusive = true)]
    public double Beta1 { get; set; } = 0.9;

    /// <summary>The decay of the second moment.</summary>
    /// <value>The default value is 0.999.</value>
    [Within(0.0, 1.0, MaximumIsExclusive = true)]
    public double Beta2 { get; set; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    /// <value>The default value is 1e-8.</value>
    [Within(0.0, 1.0, MinimumIsExclusive = true)]
    public double Epsilon { get; set; } = 1e-8;

    /// <summary>Every step multiplies each trained weight by 1 − learning rate × this.</summary>
    /// <value>The default value is 0: a short fine-tuning run should not pull the model towards zero.</value>
    [Within(0.0, 10.0)]
    public double WeightDecay { get; set; }

    /// <summary>Gradients are scaled down to this global L2 norm when they exceed it; a huge number switches that off.</summary>
    /// <value>The default value is 1.</value>
    [Within(0.0, double.MaxValue, MinimumIsExclusive = true)]
    public double MaxGradNorm { get; set; } = 1;
}
