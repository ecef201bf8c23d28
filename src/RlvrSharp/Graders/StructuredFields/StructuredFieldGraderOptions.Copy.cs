namespace RlvrSharp.Graders;

public sealed partial class StructuredFieldGraderOptions
{
    /// <summary>A copy that later changes to these options do not reach.</summary>
    internal StructuredFieldGraderOptions Copy()
    {
        var copy = new StructuredFieldGraderOptions
        {
            Beta = Beta,
            UndeclaredWeight = UndeclaredWeight,
            EmptyIsAbsent = EmptyIsAbsent,
            AllowFenced = AllowFenced,
            AllowProse = AllowProse,
            MaxDepth = MaxDepth,
            MaxBytes = MaxBytes,
            MaxAligned = MaxAligned,
            Trace = Trace,
        };
        copy.Ignored.UnionWith(Ignored);
        foreach (FieldOptions field in Fields)
        {
            copy.Fields.Add(new FieldOptions
            {
                Path = field.Path,
                Comparer = field.Comparer,
                Weight = field.Weight,
                Beta = field.Beta,
                Gate = field.Gate,
                WrongPenalty = field.WrongPenalty,
                NullIsValue = field.NullIsValue,
                Required = field.Required,
                List = field.List,
                BestOf = field.BestOf,
                Keys = [.. field.Keys],
            });
        }

        return copy;
    }
}
