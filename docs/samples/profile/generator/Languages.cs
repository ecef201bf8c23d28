namespace RlvrSharp.Samples.Profile;

/// <summary>Programming languages. All splits share them: an answer must say which of them, not what they are called.</summary>
internal static class Languages
{
    /// <summary>The languages.</summary>
    public static string[] All { get; } =
    [
        "Python", "Rust", "Java", "Go", "Kotlin", "Swift", "Ruby", "Scala", "Haskell", "Perl", "Lua", "Julia", "Erlang", "Elixir", "Fortran", "Cobol", "Ada",
        "Lisp", "Clojure", "Dart", "Zig", "Nim", "Prolog", "Scheme", "Pascal", "TypeScript", "C++", "C#",
    ];

    /// <summary>Joins languages as a sentence would: commas, and the last with "and".</summary>
    /// <param name="languages">One or more languages.</param>
    /// <returns>Such as <c>Python, Rust and Go</c>.</returns>
    public static string Join(IReadOnlyList<string> languages) =>
        languages.Count == 1 ? languages[0] : $"{string.Join(", ", languages.Take(languages.Count - 1))} and {languages[^1]}";
}
