using RlvrSharp.Data;
using RlvrSharp.Graders;
using RlvrSharp.Jobs;
using RlvrSharp.Policies;
using RlvrSharp.Samples.Profile;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Samples;

public class ProfileModelTests
{
    [Fact]
    public void A_rows_own_reference_scores_one()
    {
        var grader = new StructuredFieldGrader();

        Assert.All(
            Rows.Draw(Split.Validation, 0, Rows.ValidationCount).Concat(Rows.Draw(Split.Train, 0, Rows.TrainCount)),
            row => Assert.Equal(1, grader.Grade(row.Profile.Answer(), row.Profile.Answer()).Score));
    }

    [Fact]
    public void Careless_answers_are_seldom_right_but_right_field_by_field_more_often_than_not()
    {
        var grader = new StructuredFieldGrader();
        var random = new KeyedRandom(KeyedRandom.Key(5));
        Grade[] grades = [.. Enumerable.Range(0, 3000).Select(_ =>
        {
            Profile profile = Profile.Next(ref random, Split.Train);
            return grader.Grade(SloppyAnswer.Write(ref random, profile), profile.Answer());
        })];

        Assert.InRange(grades.Average(grade => grade.Score), 0.25, 0.55);
        Assert.InRange(grades.Count(grade => grade.Score == 1) / 3000.0, 0.01, 0.10);
        Assert.InRange(grades.Count(grade => grade.Status == GradeStatus.Ungradable) / 3000.0, 0.15, 0.30);
    }

    [Fact]
    public void An_excerpt_has_the_fields_it_tells_and_no_other()
    {
        var random = new KeyedRandom(KeyedRandom.Key(6));
        Profile profile = Profile.Next(ref random, split: null);
        string prompt = Biography.Excerpt(ref random, profile, Fields.Home, distractors: 1);

        Assert.Contains(profile.Home.ToString(), prompt, StringComparison.Ordinal);
        Assert.DoesNotContain(profile.University, prompt, StringComparison.Ordinal);
        Assert.Equal($"{{\"city\":\"{profile.Home.Name}\",\"state\":\"{profile.Home.State}\"}}", profile.Answer(Fields.Home));
        Assert.Equal(profile.Answer(), profile.Answer(Fields.All));
    }

    [Fact]
    public void The_base_model_is_small_and_every_row_fits_it()
    {
        string folder = Path.Combine(ProfileRowsTests.SampleFolder(), "base-model");
        using ManagedPolicy policy = ManagedPolicy.Load(folder);

        Assert.InRange(Directory.GetFiles(folder).Sum(file => new FileInfo(file).Length), 1, 8_000_000);
        foreach ((string prompt, Profile profile) in Rows.Draw(Split.Validation, 0, Rows.ValidationCount))
        {
            int[] answer = policy.Codec.EncodeAnswer(profile.Answer());
            Assert.InRange(answer.Length, 10, Measure.MaxTokens);
            Assert.InRange(policy.Codec.EncodePrompt([new PromptMessage("user", prompt)]).Length + Measure.MaxTokens, 50, policy.ContextLength);
            Assert.Equal(profile.Answer(), policy.Codec.Decode(answer));
        }
    }

    [Fact]
    public void The_job_is_read_and_names_the_committed_files()
    {
        JobFile job = JobFile.Load(Path.Combine(ProfileRowsTests.SampleFolder(), "job.json"));

        Assert.IsType<GrpoOptions>(job.Trainer);
        Assert.Equal(Measure.MaxTokens, job.Trainer.Rollout.Sampling.MaxTokens);
        Assert.Equal(Rows.TrainCount, ProblemFile.Load(job.TrainingFile).Count);
        Assert.Equal(Rows.ValidationCount, ProblemFile.Load(job.ValidationFile).Count);
        Assert.True(Directory.Exists(job.ModelDirectory));
    }

    [Fact]
    public async Task Pretraining_gives_the_same_bytes_at_any_thread_count()
    {
        var pretraining = new Pretraining { Steps = 2, BatchSize = 8 };
        string folder = Directory.CreateTempSubdirectory("profile-test-").FullName;
        try
        {
            string fresh = Path.Combine(folder, "fresh");
            BaseModelCommand.WriteFreshModel(fresh, pretraining);
            foreach (int threads in (int[])[1, 2])
            {
                using ManagedPolicy policy = ManagedPolicy.Load(fresh, new ManagedPolicyOptions { Threads = threads });
                await pretraining.RunAsync(policy, _ => { }, CancellationToken.None);
                await policy.SaveAsync(Path.Combine(folder, $"out-{threads}"));
            }

            string[] names = [.. Directory.GetFiles(Path.Combine(folder, "out-1")).Select(path => Path.GetFileName(path))];
            Assert.Contains("model.safetensors", names);
            Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "out-1", name)), File.ReadAllBytes(Path.Combine(folder, "out-2", name))));
            Assert.NotEqual(File.ReadAllBytes(Path.Combine(fresh, "model.safetensors")), File.ReadAllBytes(Path.Combine(folder, "out-1", "model.safetensors")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
