using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.Fuzz;

/// <summary>Structured-field graders in which every comparer and every list mode has a field.</summary>
internal static class FuzzFields
{
    public const string Gold = """
        {"inferred":"Acme Ltd","exact":"A-1","text":"The Cat, sat.","loose":"ﬁne","number":12.5,"near":1000,"worded":"3.5","integer":7,"id":"INV-10023","enum":"red","alias":"WA","flag":true,"yes":"yes","date":"2024-01-05","part":"2024-01-05","day":"05/01/2024",
         "when":"2024-01-05T10:00:00Z","money":"$1,234.50","span":"PT1H30M","url":"https://example.com/a?b=1","phone":"+1 206 555 0100","pattern":"INV-17","form":"[a-z]+","title":"University of Washington","one":["a","b"],"custom":"x","free":"some text","none":null,
         "bag":["a","b","b"],"set":["x","y"],"row":[1,2,3],"best":["p","q"],"items":[{"sku":"A","qty":2,"price":9.5},{"sku":"B","qty":1,"price":20}],"steps":[{"n":1,"t":"go"},{"n":2,"t":"stop"}],"deep":{"x":{"y":[[1,2],[3]]}},"soft":["alpha","beta"]}
        """;

    public const string Wrong = """
        {"inferred":"ACME  ltd","exact":"a-1","text":"cat sat","loose":"fine","number":"12.5","near":1049,"worded":3.5,"integer":7.0,"id":"inv-10023","enum":"RED","alias":"Washington","flag":"true","yes":true,"date":"2024-05-01","part":"2024-05-01","day":"5/1/24",
         "when":"2024-01-05T11:00:00+01:00","money":"1234.5 USD","span":"90 min","url":"http://EXAMPLE.com:80/a/?b=1#c","phone":"(206) 555-0100","pattern":"17","form":"abc","title":"Univ. of Washington","one":"b","custom":"y","free":"other text","none":0,
         "bag":["b","a"],"set":["y","y","z"],"row":[3,2,1],"best":["z","q"],"items":[{"sku":"B","qty":2,"price":20.0},{"sku":"A"},{}],"steps":[{"t":"stop","n":2}],"deep":{"x":{"y":[[3],[2,1],[]]}},"soft":["alpah","bet"],"more":[[[]]]}
        """;

    public static StructuredFieldGrader EveryComparer() => new(Values(new StructuredFieldGraderOptions { AllowFenced = true, AllowProse = true }));

    public static StructuredFieldGrader EveryList() => new(Values(new StructuredFieldGraderOptions { EmptyIsAbsent = true, Beta = 2, UndeclaredWeight = 0.5, MaxAligned = 4 })
        .Field("bag", field => field.List = FieldListMode.Multiset)
        .Field("set", field => field.List = FieldListMode.Set)
        .Field("row", field => (field.List, field.Beta) = (FieldListMode.Ordered, 0.5))
        .Field("best", field => (field.List, field.BestOf) = (FieldListMode.BestOf, 2))
        .Field("items[]", field => field.Keys = ["sku"])
        .Field("items[].sku", FieldComparer.Id())
        .Field("items[].price", FieldComparer.Number(relative: 0.1))
        .Field("steps", field => field.List = FieldListMode.Ordered)
        .Field("steps[].t", FieldComparer.Similarity(0.5))
        .Field("soft", FieldComparer.Similarity(0.6))
        .Field("none", field => (field.NullIsValue, field.WrongPenalty) = (true, 2))
        .Field("integer", field => (field.Comparer, field.Gate) = (FieldComparer.Integer(), true))
        .Ignore("more"));

    private static StructuredFieldGraderOptions Values(StructuredFieldGraderOptions options) => options
        .Field("inferred", FieldComparer.Inferred())
        .Field("exact", FieldComparer.Exact())
        .Field("text", FieldComparer.Text(ignorePunctuation: true, ignoreArticles: true))
        .Field("loose", FieldComparer.Text(compatibility: true))
        .Field("number", FieldComparer.Number())
        .Field("near", FieldComparer.Number(tolerance: 1, relative: 0.05))
        .Field("worded", FieldComparer.Number(acceptText: true))
        .Field("id", FieldComparer.Id())
        .Field("enum", FieldComparer.Enum("red", "green"))
        .Field("alias", FieldComparer.Enum(new Dictionary<string, IReadOnlyList<string>> { ["WA"] = ["Washington", "Wash."], ["OR"] = ["Oregon"] }))
        .Field("flag", FieldComparer.Boolean())
        .Field("yes", FieldComparer.Boolean(acceptText: true))
        .Field("date", FieldComparer.Date())
        .Field("part", FieldComparer.Date(partialCredit: true))
        .Field("day", FieldComparer.Date("dd/MM/yyyy", "d/M/yyyy"))
        .Field("when", FieldComparer.DateTime(TimeSpan.FromSeconds(1)))
        .Field("money", FieldComparer.Money(0.01))
        .Field("span", FieldComparer.Duration("minutes"))
        .Field("url", FieldComparer.Url(ignoreScheme: true, ignoreWww: true))
        .Field("phone", FieldComparer.Phone("+1"))
        .Field("pattern", FieldComparer.Regex("(?:INV-?)?(\\d+)"))
        .Field("form", FieldComparer.ReferenceRegex())
        .Field("title", FieldComparer.Similarity(0.7, ignorePunctuation: true))
        .Field("one", FieldComparer.OneOf())
        .Field("custom", FieldComparer.Custom("length", (expected, actual) => expected.Length == actual.Length ? 1 : 0.25))
        .Field("free", FieldComparer.FreeText("judge", (expected, actual, _) => ValueTask.FromResult(Math.Min(expected.Length, actual.Length) / (1.0 + Math.Max(expected.Length, actual.Length)))));
}
