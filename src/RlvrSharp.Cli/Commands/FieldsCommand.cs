using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Data;
using RlvrSharp.Graders;

namespace RlvrSharp.Cli.Commands;

internal static class FieldsCommand
{
    public static Command Create()
    {
        var data = new Argument<string>("DATA.jsonl") { Description = "Rows with references, as for training." };
        var json = new Option<bool>("--json") { Description = "A grader that declares the fields, as JSON, instead of a table." };
        var command = new Command("fields", "Say what fields the references hold and how a structured_field grader compares them.") { data, json };
        command.SetAction(parsed => Run(parsed.GetValue(data)!, parsed.GetValue(json)));
        return command;
    }

    private static int Run(string data, bool json)
    {
        IReadOnlyList<Problem> problems = ProblemFile.Load(data);
        FieldInference inference = Infer(problems);
        if (!json)
        {
            Console.Write(inference);
            return ExitCode.Ok;
        }

        var grader = new JsonObject { ["type"] = "structured_field", ["name"] = "fields" };
        foreach (JsonProperty property in inference.Options.ToJson().EnumerateObject())
        {
            grader[property.Name] = JsonSerializer.SerializeToNode(property.Value);
        }

        Console.WriteLine(grader.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        return ExitCode.Ok;
    }

    private static FieldInference Infer(IReadOnlyList<Problem> problems)
    {
        if (problems.FirstOrDefault(problem => problem.Reference is null) is { } bare)
        {
            throw new DataException($"{bare.Id} has no reference, but its fields are to be told from it: give the row a 'reference'.");
        }

        string? row = null;
        try
        {
            return FieldInference.FromReferences(problems.Select(problem =>
            {
                row = problem.Id;
                return problem.Reference!;
            }));
        }
        catch (DataException error)
        {
            // References are read one by one, so this is the row that stopped it.
            throw new DataException($"{row}: {error.Message}");
        }
    }
}
