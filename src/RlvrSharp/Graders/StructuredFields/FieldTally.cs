namespace RlvrSharp.Graders;

/// <summary>
/// The counts of a comparison under way. Matched, predicted and expected weights are added in lockstep and in the reference's order, so that for a
/// fully right answer the three are the same number to the last bit, whatever the order of the answer.
/// </summary>
internal struct FieldTally
{
    public double Matched;
    public double Predicted;
    public double Expected;

    /// <summary>
    /// Σ α (predicted + penalties) + (1 − α) expected, each field with its own α = 1 / (1 + β²): the denominator of the score. With one β for all and no
    /// penalties, Matched / Cost is F_β.
    /// </summary>
    public double Cost;

    public void AddLeaf(FieldSpec spec, double weight, double similarity)
    {
        Matched += weight * similarity;
        Predicted += weight;
        Expected += weight;
        Cost += (spec.Alpha * weight * (1 + (spec.Penalty * (1 - similarity)))) + ((1 - spec.Alpha) * weight);
    }

    public void AddMiss(FieldSpec spec, double weight)
    {
        Expected += weight;
        Cost += (1 - spec.Alpha) * weight;
    }

    public void AddInvention(FieldSpec spec, double weight)
    {
        Predicted += weight;
        Cost += spec.Alpha * weight * (1 + spec.Penalty);
    }

    public void Add(in FieldTally other)
    {
        Matched += other.Matched;
        Predicted += other.Predicted;
        Expected += other.Expected;
        Cost += other.Cost;
    }
}
