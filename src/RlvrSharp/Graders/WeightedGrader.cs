namespace RlvrSharp.Graders;

/// <summary>A grader with its name in reports and its share in the score.</summary>
public sealed record WeightedGrader
{
    /// <summary>Names and weighs a grader.</summary>
    /// <param name="name">What metrics and reports call it; unique within a run.</param>
    /// <param name="grader">The grader.</param>
    /// <param name="weight">Its share in the score, relative to the others' weights; 0 makes it a metric that is logged and never rewarded.</param>
    /// <exception cref="ArgumentException">The name is empty, or the weight is negative or not a number.</exception>
    public WeightedGrader(string name, IGrader grader, double weight = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(grader);
        if (!(weight >= 0 && double.IsFinite(weight)))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, $"The weight of grader \"{name}\" must be 0 (a metric only) or a positive number; for a penalty use a reward shaper.");
        }

        Name = name;
        Grader = grader;
        Weight = weight;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The grader.</summary>
    public IGrader Grader { get; }

    /// <summary>The weight.</summary>
    public double Weight { get; }
}
