using System.CommandLine;
using System.Diagnostics;
using RlvrSharp.Data;
using RlvrSharp.Models;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Cli.Commands;

internal static class SftCommand
{
    public static Command Create()
    {
        var model = Inputs.Model();
        var data = new Argument<string>("DATA.jsonl") { Description = "Rows whose answer is the last message (the assistant's), or \"reference\"." };
        var output = new Option<string>("--out") { Description = "The folder of the trained model; must not exist.", Required = true };
        var init = new Option<bool>("--init") { Description = "Start from random weights: MODEL_DIR needs config.json and tokenizer.json only." };
        var epochs = new Option<int>("--epochs") { Description = "Passes over the rows.", DefaultValueFactory = _ => 3 };
        var steps = new Option<int?>("--steps") { Description = "Optimiser steps, instead of passes." };
        var batch = new Option<int>("--batch-size") { Description = "Rows per optimiser step.", DefaultValueFactory = _ => 8 };
        var rate = new Option<double>("--learning-rate") { Description = "The learning rate.", DefaultValueFactory = _ => 1e-5 };
        var decay = new Option<LearningRateDecay>("--decay") { Description = "How the learning rate falls." };
        var warmup = new Option<int>("--warmup-steps") { Description = "Steps until the full learning rate." };
        var promptWeight = new Option<double>("--prompt-weight") { Description = "What the loss of prompt tokens weighs, beside the 1 of answers." };
        var noShuffle = new Option<bool>("--no-shuffle") { Description = "Take the rows in the file's order." };
        var seed = Inputs.Seed();
        var threads = Inputs.Threads();
        var command = new Command("sft", "Supervised fine-tuning: make given answers more probable. For warm starts, base models and comparisons.")
        {
            model, data, output, init, epochs, steps, batch, rate, decay, warmup, promptWeight, noShuffle, seed, threads,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(model)!,
            parsed.GetValue(data)!,
            parsed.GetValue(output)!,
            parsed.GetValue(init),
            new SftOptions
            {
                Epochs = parsed.GetValue(epochs),
                Steps = parsed.GetValue(steps),
                BatchSize = parsed.GetValue(batch),
                PromptWeight = parsed.GetValue(promptWeight),
                Shuffle = !parsed.GetValue(noShuffle),
                Seed = parsed.GetValue(seed),
                Optimizer = { LearningRate = parsed.GetValue(rate) },
                Schedule = { WarmupSteps = parsed.GetValue(warmup), Decay = parsed.GetValue(decay) },
            },
            parsed.GetValue(threads)));
        return command;
    }

    private static async Task<int> RunAsync(string model, string data, string output, bool init, SftOptions options, int threads)
    {
        if (Directory.Exists(output) || File.Exists(output))
        {
            throw new DataException($"The output folder {output} exists already: name another one, or delete it.");
        }

        TrainingRun.CheckOutput(output, resume: false);

        var policyOptions = new ManagedPolicyOptions { Threads = threads };
        using ManagedPolicy policy = init
            ? ManagedPolicy.Create(CausalLmConfig.Load(model), model, options.Seed, policyOptions)
            : ManagedPolicy.Load(model, policyOptions);
        ModelFolders.WarnWithoutTemplate(model, policy.HasChatTemplate);
        var trainer = new SftTrainer(policy, options);
        IReadOnlyList<Problem> problems = ProblemFile.Load(data);
        using var stop = new StopSignal(() => Console.Error.WriteLine("rlvr: stopping after this step"));
        long start = Stopwatch.GetTimestamp();
        await foreach (TrainingStep step in trainer.TrainAsync(problems, stop.Token).ConfigureAwait(false))
        {
            if (step.Number == 1 || step.Number == step.TotalSteps || step.Number % Math.Max(1, step.TotalSteps / 50) == 0)
            {
                Console.WriteLine($"step {step.Number}/{step.TotalSteps}  loss {step.Loss:F4}  grad {step.GradNorm:F3}  {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
            }
        }

        await policy.SaveAsync(output).ConfigureAwait(false);
        Console.WriteLine($"saved {output}");
        return ExitCode.Ok;
    }
}
