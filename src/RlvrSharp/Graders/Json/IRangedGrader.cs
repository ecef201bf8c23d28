namespace RlvrSharp.Graders.Json;

/// <summary>A grader whose own number (see <see cref="RawScore"/>) lies in a range other than [0, 1], such as a judge that gives 1 to 10.</summary>
public interface IRangedGrader
{
    /// <summary>The least number it gives.</summary>
    double Low { get; }

    /// <summary>The greatest number it gives.</summary>
    double High { get; }
}
