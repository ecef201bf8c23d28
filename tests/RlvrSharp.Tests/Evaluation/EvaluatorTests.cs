using Microsoft.Extensions.Options;
using RlvrSharp.Evaluation;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Evaluation;

public class EvaluatorTests
{
    private static readonly Problem[] Rows = [new("a") { Id = "1" }, new("b") { Id = "2" }];

    [Fact]
    public async Task Settings_out_of_range_are_refused_by_name_and_value()
    {
        var options = new EvaluationOptions { DrawsPerProblem = 0, Confidence = 2, Sampling = { MaxTokens = 4 } };

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => new Evaluator(Grading((_, _) => 1)).EvaluateAsync(new BigramPolicy(), Rows, options));

        Assert.Contains(error.Failures, failure => failure.Contains("DrawsPerProblem is 0, but must be at least 1", StringComparison.Ordinal));
        Assert.Contains(error.Failures, failure => failure.Contains("Confidence is 2, but must be at least 0.5 and at most 0.9999", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pipeline_refuses_settings_out_of_range()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Grading((_, _) => 1, new GradingOptions { MaxConcurrency = 0, Timeout = TimeSpan.Zero, ErrorBudget = double.NaN }));

        Assert.Contains(error.Failures, failure => failure.Contains("MaxConcurrency is 0", StringComparison.Ordinal));
        Assert.Contains(error.Failures, failure => failure.Contains("Timeout is 00:00:00, but must be at least 00:00:00.0010000", StringComparison.Ordinal));
        Assert.Contains(error.Failures, failure => failure.Contains("ErrorBudget is NaN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_every_grading_fails_there_is_no_result_and_the_reason_is_told()
    {
        var evaluator = new Evaluator(Grading((_, _) => throw new InvalidOperationException("the judge is away"), new GradingOptions { ErrorBudget = 1 }));

        var error = await Assert.ThrowsAsync<GradingException>(() => evaluator.EvaluateAsync(new BigramPolicy(), Rows, new EvaluationOptions { DrawsPerProblem = 1, Sampling = { MaxTokens = 4 } }));

        Assert.Contains("None of the 2 completions could be scored", error.Message, StringComparison.Ordinal);
        Assert.Contains("the judge is away", error.Message, StringComparison.Ordinal);
    }

    private static GradingPipeline Grading(Func<Problem, Completion, double> score, GradingOptions? options = null) =>
        new([new WeightedGrader("g", new TestGrader(score))], options);
}
