using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Judges;

namespace RlvrSharp.Cli.Commands;

internal static class GradeCommand
{
    private const int Ahead = 256;

    public static Command Create()
    {
        var grader = new Option<string>("--grader") { Description = "The grader's JSON file, or a job file with one.", Required = true };
        var data = new Argument<string>("DATA.jsonl") { Description = "Rows {\"item\": {…}, \"sample\": {\"output_text\": \"…\"}}; - for standard input." };
        var report = new Option<string?>("--report")
        {
            Description = "Also write a report over all rows, field by field: precision, recall and F with intervals, and what was mistaken for what. JSON where the name ends in .json, else text.",
        };
        var command = new Command("grade", "Grade answers; one JSON line out per row, in order.") { grader, data, report };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(grader)!, parsed.GetValue(data)!, parsed.GetValue(report)));
        return command;
    }

    private static async Task<int> RunAsync(string graderPath, string dataPath, string? reportPath)
    {
        CheckReport(reportPath);
        (IGrader grader, string name) = Inputs.Grader(graderPath);
        try
        {
            // A row's failure is that row's line; nothing here is training, so no budget stops it.
            var pipeline = new GradingPipeline([new WeightedGrader(name, grader)], new GradingOptions { ErrorBudget = 1 });
            using var stop = new StopSignal();
            bool clean = true;
            List<Grade>? graded = reportPath is null ? null : [];
            Stream stdout = Console.OpenStandardOutput();

            // What a grader prints (C# runs in this process) must not stand among the lines.
            Console.SetOut(Console.Error);
            await using (stdout.ConfigureAwait(false))
            {
                var batch = new List<(GraderInput? Input, string? Fault)>(Ahead);
                foreach ((int number, string line, string? unreadable) in Inputs.Lines(dataPath))
                {
                    string id = $"{Path.GetFileName(dataPath)}:{number}";
                    batch.Add(unreadable is null ? Parse(line, id) : (null, $"{id}: {unreadable}"));
                    if (batch[^1].Fault is { } fault)
                    {
                        clean = false;
                        await Console.Error.WriteLineAsync("rlvr: " + fault).ConfigureAwait(false);
                    }

                    if (batch.Count == Ahead)
                    {
                        await FlushAsync(pipeline, name, batch, graded, stdout, stop.Token).ConfigureAwait(false);
                    }
                }

                await FlushAsync(pipeline, name, batch, graded, stdout, stop.Token).ConfigureAwait(false);
            }

            Inputs.ShowEnvironments(GraderLifetime.Environments(grader));
            foreach ((string judge, JudgeUsage usage) in Usages(grader))
            {
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"rlvr: {judge}: {usage.Calls} requests, {usage.CachedAnswers} answers from memory, {usage.InputTokens} tokens in, {usage.OutputTokens} out")).ConfigureAwait(false);
            }

            if (graded is not null)
            {
                WriteReport(FieldReport.FromGrades(graded), reportPath!);
            }

            return clean ? ExitCode.Ok : ExitCode.BadInput;
        }
        finally
        {
            await GraderLifetime.DisposeAsync(grader).ConfigureAwait(false);
        }
    }

    private static IEnumerable<(string Name, JudgeUsage Usage)> Usages(IGrader grader) => grader switch
    {
        ResponseFormatGate gate => Usages(gate.Grader),
        ScoreModelGrader judge => [(judge.Name, judge.Usage)],
        LabelModelGrader judge => [(judge.Name, judge.Usage)],
        IJsonGrader { Parts: var parts } => parts.SelectMany(part => Usages(part.Value)),
        _ => [],
    };

    // Looked at before anything is graded: judges may have been paid for by the time the report is written.
    private static void CheckReport(string? path)
    {
        if (path is null)
        {
            return;
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        if (Directory.Exists(path) || !Directory.Exists(folder))
        {
            throw new DataException($"The report {path} cannot be written: {(Directory.Exists(path) ? "that is a folder" : $"there is no folder {folder}")}. Give the path of a file in a folder that exists.");
        }
    }

    // Written beside and renamed, so that an older report is replaced whole or not at all.
    private static void WriteReport(FieldReport report, string path)
    {
        if (report.Fields.Count == 0)
        {
            Console.Error.WriteLine("rlvr: warning: the grader compares no fields, so the report has none: only a structured_field grader has.");
        }

        string temporary = path + ".tmp";
        try
        {
            if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            {
                File.WriteAllText(temporary, report.ToString());
            }
            else
            {
                using FileStream file = File.Create(temporary);
                using var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
                report.WriteTo(writer);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The report {path} cannot be written: {error.Message}", error);
        }
    }

    private static (GraderInput?, string?) Parse(string line, string id)
    {
        try
        {
            return (GraderInput.Parse(line, id), null);
        }
        catch (DataException error)
        {
            return (null, error.Message);
        }
    }

    private static async Task FlushAsync(
        GradingPipeline pipeline, string name, List<(GraderInput? Input, string? Fault)> batch, List<Grade>? graded, Stream stdout, CancellationToken cancellationToken)
    {
        (Problem, Completion)[] work = batch.Where(row => row.Input is not null).Select(row => (row.Input!.Problem, row.Input.Completion)).ToArray();
        IReadOnlyList<Rollout> rollouts = await pipeline.GradeAsync(work, cancellationToken).ConfigureAwait(false);
        int next = 0;
        foreach ((GraderInput? input, string? fault) in batch)
        {
            Grade grade = input is null ? Grade.Failed(fault!) : rollouts[next++].Grades[name];
            graded?.Add(grade);
            await stdout.WriteAsync(Line(grade), cancellationToken).ConfigureAwait(false);
        }

        batch.Clear();
    }

    private static byte[] Line(Grade grade)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("status", grade.Status.ToString().ToLowerInvariant());

            // An ungradable answer is the model's fault and scores the floor; a failed grader says nothing about the answer.
            Write(writer, "score", grade.Status is GradeStatus.Graded or GradeStatus.Ungradable ? grade.Score : null);
            Write(writer, "precision", grade.Precision);
            Write(writer, "recall", grade.Recall);
            writer.WriteStartArray("fields");
            foreach (FieldGrade field in grade.Fields)
            {
                writer.WriteStartObject();
                writer.WriteString("path", field.Path);
                writer.WriteString("expected", field.Expected);
                writer.WriteString("actual", field.Actual);
                writer.WriteNumber("matched", field.Matched);
                writer.WriteNumber("weight", field.Weight);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("error", grade.Status == GradeStatus.Graded ? null : grade.Reason);

            // A grader whose own number may lie beyond [0, 1]: a judge with a range, a formula, a Python function.
            if (grade.Status == GradeStatus.Graded && grade.Metrics?.ContainsKey(RawScore.MetricName) == true)
            {
                writer.WriteNumber("raw_score", RawScore.Of(grade));
            }

            if (grade.Status == GradeStatus.Failed && grade.Metrics is { } metrics && metrics.TryGetValue(RawScore.ContractMetricName, out double contract))
            {
                writer.WriteNumber(RawScore.ContractMetricName, contract);
            }

            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
