using System.CommandLine;

namespace RlvrSharp.Samples.Profile;

/// <summary><c>rows</c>: writes training, validation and novel rows.</summary>
internal static class RowsCommand
{
    public static Command Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "Which 32 training rows. The validation and the novel rows are always the same." };
        var train = new Option<string>("--train") { Description = "Where the training rows go." };
        var validation = new Option<string>("--validation") { Description = "Where the validation rows go." };
        var novel = new Option<string>("--novel") { Description = "Where rows go whose people, places and sentences pretraining never saw." };
        var command = new Command("rows", "Writes rows in the JSONL form of reinforcement fine-tuning jobs.") { seed, train, validation, novel };
        command.SetAction(parsed =>
        {
            Write(parsed.GetValue(train), Split.Train, parsed.GetValue(seed), Rows.TrainCount);
            Write(parsed.GetValue(validation), Split.Validation, 0, Rows.ValidationCount);
            Write(parsed.GetValue(novel), Split.Novel, 0, Rows.NovelCount);
        });
        return command;
    }

    private static void Write(string? file, Split split, ulong seed, int count)
    {
        if (file is not null)
        {
            File.WriteAllText(file, Rows.ToJsonl(Rows.Draw(split, seed, count)));
            Console.WriteLine($"{file}: {count} rows");
        }
    }
}
