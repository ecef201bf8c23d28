using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace RlvrSharp.Training;

/// <summary>Supervised fine-tuning: make the given answers more probable.</summary>
public sealed class SftOptions
{
    /// <summary>Optimiser steps; null trains <see cref="Epochs"/> passes over the examples.</summary>
    /// <value>The default value is null.</value>
    [Within(1, 100_000_000)]
    public int? Steps { get; set; }

    /// <summary>Passes over the examples, where <see cref="Steps"/> is null.</summary>
    /// <value>The default value is 3.</value>
    [Within(1, 1_000_000)]
    public int Epochs { get; set; } = 3;

    /// <summary>Examples per optimiser step.</summary>
    /// <value>The default value is 8.</value>
    [Within(1, 1_000_000)]
    public int BatchSize { get; set; } = 8;

    /// <summary>What the loss of prompt tokens weighs beside the 1 of answer tokens.</summary>
    /// <value>The default value is 0: only answers are learned.</value>
    [Within(0.0, 1.0)]
    public double PromptWeight { get; set; }

    /// <summary>Whether each pass takes the examples in a new random order; off keeps the given order, for curricula.</summary>
    /// <value>The default value is true.</value>
    public bool Shuffle { get; set; } = true;

    /// <summary>The seed of the order.</summary>
    /// <value>The default value is 0.</value>
    public ulong Seed { get; set; }

    /// <summary>The optimiser.</summary>
    /// <value>AdamW at 1e-5.</value>
    [Required]
    [ValidateObjectMembers]
    public AdamWOptions Optimizer { get; set; } = new();

    /// <summary>The learning rate's course.</summary>
    /// <value>Constant.</value>
    [Required]
    [ValidateObjectMembers]
    public LearningRateOptions Schedule { get; set; } = new();
}

/// <summary>Checks <see cref="SftOptions"/>.</summary>
[OptionsValidator]
public sealed partial class SftOptionsValidator : IValidateOptions<SftOptions>;
