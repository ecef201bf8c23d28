using System.ComponentModel.DataAnnotations;

namespace RlvrSharp.Training;

/// <summary>How the learning rate falls after warm-up.</summary>
public enum LearningRateDecay
{
    /// <summary>It stays.</summary>
    None,

    /// <summary>In a straight line.</summary>
    Linear,

    /// <summary>Along half a cosine wave.</summary>
    Cosine,
}

/// <summary>The learning rate's course over a run, as a factor on <see cref="AdamWOptions.LearningRate"/>.</summary>
public sealed class LearningRateOptions
{
    /// <summary>The first so many optimiser steps rise in a straight line to the full rate; step k of w has k/w of it.</summary>
    /// <value>The default value is 0.</value>
    [Within(0, 1_000_000_000)]
    public int WarmupSteps { get; set; }

    /// <summary>The course after warm-up.</summary>
    /// <value>The default value is <see cref="LearningRateDecay.None"/>.</value>
    [EnumDataType(typeof(LearningRateDecay))]
    public LearningRateDecay Decay { get; set; }

    /// <summary>The factor at the last step, where it falls.</summary>
    /// <value>The default value is 0.</value>
    [Within(0.0, 1.0)]
    public double FinalFactor { get; set; }

    /// <summary>The factor at one optimiser step.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="totalSteps">The number of steps.</param>
    /// <returns>The factor, in [0, 1].</returns>
    public double Factor(int step, int totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        if (step <= WarmupSteps)
        {
            return (double)step / WarmupSteps;
        }

        // The first step after warm-up still has the full rate, the last one the final factor.
        int length = totalSteps - WarmupSteps - 1;
        double progress = length <= 0 ? 0 : Math.Min(1, (double)(step - WarmupSteps - 1) / length);
        return Decay switch
        {
            LearningRateDecay.Linear => 1 - (progress * (1 - FinalFactor)),
            LearningRateDecay.Cosine => FinalFactor + ((1 - FinalFactor) * 0.5 * (1 + Math.Cos(Math.PI * progress))),
            _ => 1,
        };
    }
}
