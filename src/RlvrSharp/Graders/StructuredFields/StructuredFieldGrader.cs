using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace RlvrSharp.Graders;

/// <summary>
/// Grades an answer that is one JSON object, field by field, against a reference object. The score is field-normalised F_β: every field has a weight, spread
/// evenly over the values it holds in the reference; what the answer has right, has at all, and should have had are summed (<see cref="FieldScore"/>) and
/// put into one ratio. Order and repeats in lists cannot be gamed, empty padding earns nothing, inventions cost.
/// </summary>
/// <remarks>Immutable and safe for threads. An answer that is not one JSON object is ungradable, never an exception; a reference that is not is a <see cref="DataException"/>.</remarks>
public sealed class StructuredFieldGrader : IGrader, IProblemRequirement
{
    private readonly StructuredFieldGraderOptions options;
    private readonly FieldSpec spec;
    private readonly bool isUniform;
    private readonly string? deferredComparer;

    private readonly ReferenceCache references;

    /// <summary>A grader that infers the fields from each reference.</summary>
    public StructuredFieldGrader()
        : this(new StructuredFieldGraderOptions())
    {
    }

    /// <summary>A grader.</summary>
    /// <param name="options">What is graded and how; read now, later changes have no effect.</param>
    /// <exception cref="OptionsValidationException">Options are out of range or contradict each other; the exception names all failures.</exception>
    public StructuredFieldGrader(StructuredFieldGraderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidateOptionsResult result = new StructuredFieldGraderOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(nameof(StructuredFieldGraderOptions), typeof(StructuredFieldGraderOptions), result.Failures);
        }

        this.options = options.Copy();
        spec = FieldSpec.Compile(this.options);
        references = new ReferenceCache(this.options, spec);
        isUniform = this.options.Fields.All(field => field.Beta is null && field.WrongPenalty is null or 0);
        deferredComparer = this.options.Fields.FirstOrDefault(field => field.Comparer is { IsDeferred: true })?.Comparer!.Type;
    }

    /// <inheritdoc/>
    /// <exception cref="DataException">The problem has no usable reference.</exception>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(completion);
        Reference reference = ReferenceOf(problem);
        return deferredComparer is null
            ? ValueTask.FromResult(Grade(completion.Text, reference, null))
            : GradeDeferredAsync(completion.Text, reference, cancellationToken);
    }

    /// <summary>Grades a text against a reference. A reference that comes back is not parsed again.</summary>
    /// <param name="completionText">The answer.</param>
    /// <param name="reference">The reference: JSON text of one object.</param>
    /// <returns>The grade.</returns>
    /// <exception cref="DataException"><paramref name="reference"/> is not usable.</exception>
    /// <exception cref="InvalidOperationException">A field's comparer is asynchronous.</exception>
    public Grade Grade(string completionText, string reference)
    {
        ArgumentNullException.ThrowIfNull(completionText);
        ArgumentNullException.ThrowIfNull(reference);
        ThrowIfDeferred();
        return Grade(completionText, references.Get(reference, "The reference"), null);
    }

    /// <summary>Grades a text against a reference that is already parsed. It is prepared anew each time: pass the text of a reference that is used often.</summary>
    /// <param name="completionText">The answer.</param>
    /// <param name="reference">The reference, an object.</param>
    /// <returns>The grade.</returns>
    /// <exception cref="DataException"><paramref name="reference"/> is not usable.</exception>
    /// <exception cref="InvalidOperationException">A field's comparer is asynchronous.</exception>
    public Grade Grade(string completionText, JsonElement reference)
    {
        ArgumentNullException.ThrowIfNull(completionText);
        ThrowIfDeferred();
        return reference.ValueKind == JsonValueKind.Undefined
            ? throw new DataException("The reference is missing: give the JSON object that answers are compared with.")
            : Grade(completionText, Reference.Read(reference.GetRawText(), spec, options, "The reference"), null);
    }

    /// <summary>What the grader does, as options; a copy.</summary>
    /// <returns>The options.</returns>
    public StructuredFieldGraderOptions GetOptions() => options.Copy();

    /// <summary>Checks that a problem has a reference this grader can use.</summary>
    /// <param name="problem">The problem.</param>
    /// <exception cref="DataException">It has none, and the message says why.</exception>
    public void CheckReference(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        _ = ReferenceOf(problem);
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem)
    {
        try
        {
            CheckReference(problem);
            return null;
        }
        catch (DataException error)
        {
            return error.Message;
        }
    }

    private async ValueTask<Grade> GradeDeferredAsync(string text, Reference reference, CancellationToken cancellationToken)
    {
        // Each round knows more; pairing may ask about further pairs only while there are new ones, so this ends.
        var deferred = new DeferredScores();
        while (true)
        {
            Grade grade = Grade(text, reference, deferred);
            if (!deferred.HasQuestions)
            {
                return grade;
            }

            await deferred.AnswerAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private Grade Grade(string text, Reference reference, DeferredScores? deferred)
    {
        if (text.Length > options.MaxBytes || ((long)text.Length * 3 > options.MaxBytes && Encoding.UTF8.GetByteCount(text) > options.MaxBytes))
        {
            return Ungradable(reference, $"The answer is longer than {options.MaxBytes.ToString(CultureInfo.InvariantCulture)} bytes.");
        }

        AnswerTree tree = AnswerTree.Rent();
        try
        {
            string? fault = AnswerText.Parse(text, tree, options);
            return fault is null ? Compare(tree, reference, deferred) : Ungradable(reference, fault);
        }
        finally
        {
            AnswerTree.Return(tree);
        }
    }

    private Grade Compare(AnswerTree tree, Reference reference, DeferredScores? deferred)
    {
        var walk = new FieldWalk(tree, options, deferred);
        var tally = default(FieldTally);
        walk.Compare(reference.Root, 0, ref tally, final: true);
        var score = new FieldScore(tally.Matched, tally.Predicted, tally.Expected);
        double value = isUniform || (tally.Matched == tally.Predicted && tally.Matched == tally.Expected) ? score.F(options.Beta)
            : tally.Cost > 0 ? Math.Clamp(tally.Matched / tally.Cost, 0, 1)
            : 0;
        string? reason = walk.FailedGate is not null ? $"The field '{walk.FailedGate}' must be right for anything to count, and it is not."
            : walk.CutList is not null ? $"The list '{walk.CutList}' is too long to try all pairs of its elements: the rest is compared in order or counts as false positives."
            : null;
        return new Grade(walk.FailedGate is null ? value : 0)
        {
            Precision = score.Precision,
            Recall = score.Recall,
            Fields = options.Trace ? tree.Trace.ToArray() : [],
            Reason = reason,
        };
    }

    private Grade Ungradable(Reference reference, string reason) =>
        RlvrSharp.Grade.Ungradable(reason) with { Fields = options.Trace ? reference.Missing : [] };

    private Reference ReferenceOf(Problem problem)
    {
        string owner = problem.Id is null ? "The reference of a problem without an id" : $"The reference of {problem.Id}";
        return problem.Reference is null
            ? throw new DataException($"{owner} is missing, but the structured-field grader compares with one: give the row a 'reference'.")
            : references.Get(problem.Reference, owner);
    }

    private void ThrowIfDeferred()
    {
        if (deferredComparer is not null)
        {
            throw new InvalidOperationException($"The comparer '{deferredComparer}' is asynchronous: use GradeAsync.");
        }
    }
}
