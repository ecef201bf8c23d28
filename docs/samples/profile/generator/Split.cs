namespace RlvrSharp.Samples.Profile;

/// <summary>Which rows a name, place or sentence may stand in. The three never share a person, a university, a city or a sentence.</summary>
internal enum Split
{
    /// <summary>Rows that reinforcement learning is scored on. Pretraining has seen the values and the sentences.</summary>
    Train,

    /// <summary>Rows that measure it. Pretraining has seen the values and the sentences; reinforcement learning has not.</summary>
    Validation,

    /// <summary>Rows of which nobody has seen anything but the languages: not even pretraining.</summary>
    Novel,
}
