using System.CommandLine;
using RlvrSharp.Samples.Profile;

var root = new RootCommand("Makes everything in the profile sample: the rows, the texts of pretraining, the base model, the studies.")
{
    RowsCommand.Create(),
    CorpusCommand.Create(),
    BaseModelCommand.Create(),
    StudyCommand.Create(),
    AlgorithmsCommand.Create(),
    EpochsCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
