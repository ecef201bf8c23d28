using System.Text.RegularExpressions;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Judges;
using RlvrSharp.Graders.Text;

namespace RlvrSharp.Graders.Lint;

/// <summary>L1–L8: what the grader's own description shows.</summary>
internal static partial class GraderChecks
{
    private static readonly HashSet<string> FormWords = new(
        ["format", "formatting", "formatted", "fmt", "json", "xml", "schema", "length", "len", "short", "shortness", "valid", "validity", "wellformed", "style", "brevity", "concise", "conciseness", "parse", "parses", "parsed", "parsable", "tag", "tags"],
        StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<LintFinding> Run(IGrader grader)
    {
        foreach ((string path, IGrader node) in GradedNodes.All(grader))
        {
            foreach (LintFinding finding in Check(path, node))
            {
                yield return finding;
            }
        }

        if (IsJudgeOnly(grader))
        {
            yield return new LintFinding("L5", LintSeverity.Warning, null, "Only a judge model decides the reward; models learn to please judges, by padding and by flattery.",
                "Put a rule beside it in a multi grader, such as gate(exact, judge) or min(rule, judge).");
        }
    }

    private static IEnumerable<LintFinding> Check(string path, IGrader node)
    {
        if (node is IJsonGrader { Templates: [{ Key: "input" } input, { Key: "reference" } reference] } && input.Value.Canonical == reference.Value.Canonical)
        {
            yield return new LintFinding("L6", LintSeverity.Error, null, $"{path} compares {input.Value.Text} with itself, so every answer gets the same score.",
                "Let input read the answer and reference the row.");
        }
        else if (node is IJsonGrader { Templates: { Count: > 0 } templates } && templates.All(template => template.Value.IsFixed))
        {
            yield return new LintFinding("L6", LintSeverity.Error, null, $"{path} never reads the answer ({JsonTexts.Cut(string.Join(", ", templates.Select(template => $"{template.Key} is \"{template.Value.Text}\"")), 160)}), so every answer of a row gets the same score.",
                "Read the answer in it: {{sample.output_text}}.");
        }

        switch (node)
        {
            case StringCheckGrader { Operation: StringCheckOperation.Like or StringCheckOperation.LikeIgnoringCase } check:
                bool reversed = check.Templates[0].Value.IsFixed && !check.Templates[1].Value.IsFixed;
                yield return reversed
                    ? new LintFinding("L1", LintSeverity.Error, null, $"{path} looks for the answer inside the row's text: an empty answer always passes.", "Exchange input and reference, or use eq.")
                    : new LintFinding("L1", LintSeverity.Warning, null, $"{path} looks for the reference anywhere in the answer: \"A or B\", \"not A\" and a list of every value pass.", "Use eq on an extracted answer, or anchor it: ask for a fixed form and compare that field.");
                break;
            case TextSimilarityGrader { Metric: TextMetric.FuzzyMatch, Options.FuzzyFunction: not (FuzzyFunction.Ratio or FuzzyFunction.TokenSortRatio) } similar:
                yield return new LintFinding("L3", LintSeverity.Warning, null, $"{path} uses {similar.Options.FuzzyFunction}, which gives an answer that merely contains the reference up to the full score.", "Use the function ratio.");
                break;
            case StructuredFieldJsonGrader { Options.UndeclaredWeight: 0 }:
                yield return new LintFinding("L2", LintSeverity.Warning, null, $"{path} has undeclared_weight 0: keys that nobody asked for cost nothing.", "Leave undeclared_weight at 1.");
                break;
            case StructuredFieldJsonGrader { Options.Beta: > 2 } wide:
                yield return new LintFinding("L2", LintSeverity.Warning, null, FormattableString.Invariant($"{path} has beta {wide.Options.Beta}: almost only recall counts, so guessing everything pays."), "Use beta 1, or 0.5 where inventions are worse than omissions.");
                break;
            case ScoreModelGrader { Delimits: false } or LabelModelGrader { Delimits: false }:
                yield return new LintFinding("L5", LintSeverity.Warning, null, $"{path} puts the answer into the judge's prompt without markers, so the answer can give the judge orders.", "Leave JudgeOptions.Delimit on.");
                break;
            case MultiGrader multi:
                foreach (LintFinding finding in CheckFormula(path, multi))
                {
                    yield return finding;
                }

                break;
        }
    }

    private static bool IsJudgeOnly(IGrader grader)
    {
        IGrader[] leaves = [.. GradedNodes.All(grader).Select(node => node.Grader).Where(node => node is not (MultiGrader or ResponseFormatGate))];
        return leaves.Length > 0 && leaves.All(leaf => leaf is ScoreModelGrader or LabelModelGrader);
    }

    private static IEnumerable<LintFinding> CheckFormula(string path, MultiGrader multi)
    {
        ScoreFormula formula = multi.Formula;
        foreach (string note in FormulaChecks.Notes(formula, index => MultiGraderJson.KnownRange(multi.Parts[index].Value)))
        {
            bool flat = note.Contains("uses no grader", StringComparison.Ordinal) || note.Contains("never be", StringComparison.Ordinal);
            bool spare = note.Contains("never rewarded", StringComparison.Ordinal);
            yield return new LintFinding("L7", flat ? LintSeverity.Error : spare ? LintSeverity.Info : LintSeverity.Warning, null, $"{path}: the formula \"{JsonTexts.Cut(formula.Text)}\" {note}", "Correct the formula.");
        }

        HashSet<int> used = [.. formula.Nodes().Where(node => node.Op == FormulaOp.Name).Select(node => node.Index)];
        foreach (int index in used.Where(index => Falls(formula, multi, index)).Order())
        {
            yield return new LintFinding("L7", LintSeverity.Warning, null, $"{path}: a better \"{formula.Names[index]}\" can give a lower score in \"{JsonTexts.Cut(formula.Text)}\".", "Write the formula so that it rises with every part, and put penalties into a reward shaper.");
        }

        string[] names = [.. used.Order().Select(index => formula.Names[index])];
        if (names.Length > 0 && names.All(name => name.Contains("recall", StringComparison.OrdinalIgnoreCase)))
        {
            yield return new LintFinding("L2", LintSeverity.Warning, null, $"{path} rewards recall only: naming everything gets the full score.", "Add precision: 2 * precision * recall / max(precision + recall, 1e-9).");
        }

        if (formula.Nodes().Any(node => node.Op == FormulaOp.Max && node.Children.Count(HasName) > 1))
        {
            yield return new LintFinding("L2", LintSeverity.Warning, null, $"{path} takes the greater of several parts, so the most lenient one decides.", "Use min, a gate or a weighted sum.");
        }

        foreach (FormulaNode term in Terms(formula.Root))
        {
            FormulaNode? only = term.Op == FormulaOp.Name ? term
                : term.Op is FormulaOp.Multiply or FormulaOp.Divide && term.Children.Count(HasName) == 1 && term.Children.First(HasName) is { Op: FormulaOp.Name } inner ? inner
                : null;
            if (only is not null && formula.Root.Op is FormulaOp.Add or FormulaOp.Subtract && IsForm(formula.Names[only!.Index], multi.Parts[only.Index].Value))
            {
                string form = formula.Names[only.Index];
                yield return new LintFinding("L8", LintSeverity.Warning, null, $"{path} adds \"{form}\" to the score: in a group where nothing else differs, normalisation makes even a small bonus a full-strength signal.",
                    $"Make it a gate: gate({form}, …).");
            }
        }
    }

    // Its name says so, or it never looks at the row: then it cannot tell right from wrong, only one form from another.
    private static bool IsForm(string name, IGrader part) =>
        NameWord().Matches(name).Any(word => FormWords.Contains(word.Value))
        || SourceChecks.IgnoresItem(part)
        || (part is StringCheckGrader or TextSimilarityGrader && ((IJsonGrader)part).Templates.All(template => template.Value.Paths.All(path => !path.FromItem)));

    private static IEnumerable<FormulaNode> Terms(FormulaNode node) =>
        node.Op is FormulaOp.Add or FormulaOp.Subtract ? node.Children.SelectMany(Terms) : [node];

    private static bool HasName(FormulaNode node) => node.Op == FormulaOp.Name || node.Children.Any(HasName);

    // Raises one part at many points and looks for a lower value.
    private static bool Falls(ScoreFormula formula, MultiGrader multi, int index)
    {
        var random = new KeyedRandom(KeyedRandom.Key(0x4C37, (ulong)index));
        var values = new double[formula.Names.Count];
        for (int trial = 0; trial < 200; trial++)
        {
            for (int i = 0; i < values.Length; i++)
            {
                (double low, double high) = MultiGraderJson.KnownRange(multi.Parts[i].Value);
                (low, high) = (double.IsFinite(low) ? low : 0, double.IsFinite(high) ? high : 1);
                values[i] = low + ((high - low) * Math.Round(random.NextDouble(), 2));
            }

            double before = formula.Evaluate(values, out _);
            (double _, double top) = MultiGraderJson.KnownRange(multi.Parts[index].Value);
            values[index] += ((double.IsFinite(top) ? top : 1) - values[index]) * random.NextDouble();
            if (formula.Evaluate(values, out _) < before - 1e-9)
            {
                return true;
            }
        }

        return false;
    }

    // The words of formatBonus, json_ok and LENGTH.
    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])", RegexOptions.CultureInvariant)]
    private static partial Regex NameWord();
}
