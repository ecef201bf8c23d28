namespace RlvrSharp.Samples.Profile;

/// <summary>The parts of an answer, and the sentences that tell them.</summary>
[Flags]
internal enum Fields
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The university.</summary>
    University = 1,

    /// <summary>The programming languages.</summary>
    ProgrammingLanguages = 2,

    /// <summary>The city and its state.</summary>
    Home = 4,

    /// <summary>The whole answer.</summary>
    All = University | ProgrammingLanguages | Home,
}
