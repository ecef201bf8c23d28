using System.CommandLine;

namespace RlvrSharp.Samples.Profile;

/// <summary><c>corpus</c>: prints documents of pretraining, to look at.</summary>
internal static class CorpusCommand
{
    public static Command Create()
    {
        var time = new Option<double>("--time") { Description = "How far pretraining is, from 0 to 1.", DefaultValueFactory = _ => 0.9 };
        var first = new Option<ulong>("--first") { Description = "The first document." };
        var count = new Option<int>("--count") { Description = "How many documents.", DefaultValueFactory = _ => 10 };
        var command = new Command("corpus", "Prints documents of pretraining.") { time, first, count };
        command.SetAction(parsed =>
        {
            for (int i = 0; i < parsed.GetValue(count); i++)
            {
                Document document = Corpus.Next(0, parsed.GetValue(first) + (ulong)i, parsed.GetValue(time));
                Console.WriteLine($"--- {document.Kind}\n{document.Prompt}{document.Answer}");
            }
        });
        return command;
    }
}
