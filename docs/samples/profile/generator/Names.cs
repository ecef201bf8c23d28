namespace RlvrSharp.Samples.Profile;

/// <summary>A first name with the pronouns that go with it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Female">Whether biographies say she and her, rather than he and his.</param>
internal sealed record FirstName(string Name, bool Female);

/// <summary>Invented people: first and last names, none shared between splits.</summary>
internal static class Names
{
    /// <summary>First names.</summary>
    public static Pool<FirstName> First { get; } = new(
        [.. She("Anna", "Clara", "Dora", "Elena", "Fiona", "Grace", "Hanna", "Irene", "Joan", "Karen", "Laura", "Maria"),
         .. He("Adam", "Ben", "Carl", "David", "Erik", "Felix", "George", "Henry", "Ivan", "Jack", "Kevin", "Liam")],
        [.. She("Nina", "Olga", "Petra", "Rosa", "Sara", "Tina", "Vera", "Wendy"),
         .. He("Mark", "Noah", "Oscar", "Paul", "Ryan", "Simon", "Tom", "Victor")],
        [.. She("Yara", "Zoe", "Beate", "Ximena", "Priya"), .. He("Quinn", "Ulf", "Zeno", "Omar", "Kofi")]);

    /// <summary>Last names.</summary>
    public static Pool<string> Last { get; } = new(
        ["Adler", "Baker", "Carter", "Dunn", "Ellis", "Foster", "Grant", "Hayes", "Ingram", "Jensen", "Keller", "Lane", "Mason", "Nolan", "Owens", "Porter",
         "Rees", "Stone", "Turner", "Vance", "Walsh", "Young", "Brandt", "Cole", "Drake", "Frost", "Gibson", "Hunt", "Jordan", "King", "Lopez", "Moore"],
        ["Abbott", "Bishop", "Cruz", "Dalton", "Evans", "Fuller", "Garcia", "Holt", "Irving", "Joyce", "Klein", "Lowe", "Meyer", "Nash", "Ortiz", "Perry",
         "Rhodes", "Shaw", "Tate", "Weber"],
        ["Quigley", "Ueda", "Xiong", "Zabel", "Okafor", "Thorne", "Vasquez", "Novak", "Lindqvist", "Amadi", "Petrov", "Sato"]);

    private static IEnumerable<FirstName> She(params string[] names) => names.Select(name => new FirstName(name, true));

    private static IEnumerable<FirstName> He(params string[] names) => names.Select(name => new FirstName(name, false));
}
