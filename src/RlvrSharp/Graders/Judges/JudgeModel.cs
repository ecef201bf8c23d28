using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Polly;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>Asks a chat model: retries with back-off, a cache keyed by content, a count of tokens. Thread-safe.</summary>
internal sealed class JudgeModel(IChatClient client, string model, JudgeSampling sampling, JudgeOptions options)
{
    private const string Unusable = "unusable";

    private readonly ConcurrentDictionary<string, Lazy<Task<JudgeAnswer>>> cache = new(StringComparer.Ordinal);
    private readonly ResiliencePipeline<Attempt> retries = RetryPipeline.Create<Attempt>(options.Attempts - 1, options.RetryDelay, options.TimeProvider, attempt => attempt.Problem is not null, attempt => attempt.Cause);
    private long calls;
    private long cached;
    private long inputTokens;
    private long outputTokens;

    /// <summary>The longest that one grade may take.</summary>
    public TimeSpan Patience => RetryPipeline.Longest(options.Attempts, options.Timeout, options.RetryDelay);

    public JudgeUsage Usage => new(Interlocked.Read(ref calls), Interlocked.Read(ref cached), Interlocked.Read(ref inputTokens), Interlocked.Read(ref outputTokens));

    /// <summary>Asks about a completion and makes a grade of the reply; what goes wrong is a Failed grade.</summary>
    /// <param name="prompt">The messages.</param>
    /// <param name="problem">The row.</param>
    /// <param name="completion">The answer.</param>
    /// <param name="task">What the reply must be.</param>
    /// <param name="schema">The form of the reply.</param>
    /// <param name="accept">What is wrong with a reply, or null.</param>
    /// <param name="read">Makes the grade of an accepted reply; the tokens it took are added to the metrics.</param>
    /// <param name="contract">What the service counts where no reply could be accepted; null where that is not known.</param>
    /// <param name="cancellationToken">Stops the asking.</param>
    /// <returns>The grade.</returns>
    public async ValueTask<Grade> GradeAsync(
        JudgePrompt prompt, Problem problem, Completion completion, string task, JsonElement schema, Func<string, string?> accept, Func<string, Grade> read, double? contract,
        CancellationToken cancellationToken)
    {
        List<ChatMessage> messages = prompt.Render(problem, completion, task, out Grade? fault);
        if (fault is not null)
        {
            return fault;
        }

        try
        {
            (JudgeAnswer answer, bool remembered) = await AskAsync(messages, schema, accept, cancellationToken).ConfigureAwait(false);
            Grade grade = read(answer.Text);
            return grade with
            {
                Metrics = new Dictionary<string, double>(grade.Metrics ?? System.Collections.ObjectModel.ReadOnlyDictionary<string, double>.Empty, StringComparer.Ordinal)
                {
                    ["input_tokens"] = remembered ? 0 : answer.InputTokens,
                    ["output_tokens"] = remembered ? 0 : answer.OutputTokens,
                },
            };
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Grade failed = Grade.Failed($"model_grader: {error.Message}", error);
            return error.Data.Contains(Unusable) && contract is { } score ? RawScore.WithContractScore(failed, score) : failed;
        }
    }

    /// <summary>Asks, and gives what it said and whether it came from memory.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="schema">The form of the answer.</param>
    /// <param name="accept">What is wrong with an answer's text, or null; a wrong answer is asked for again.</param>
    /// <param name="cancellationToken">Stops the asking.</param>
    /// <returns>The answer.</returns>
    private async Task<(JudgeAnswer Answer, bool Cached)> AskAsync(
        IReadOnlyList<ChatMessage> messages, JsonElement schema, Func<string, string?> accept, CancellationToken cancellationToken)
    {
        if (options.CacheEntries == 0)
        {
            return (await AskFreshAsync(messages, schema, accept, cancellationToken).ConfigureAwait(false), false);
        }

        string key = KeyOf(messages, schema);
        while (true)
        {
            // Two completions with the same text share one question, also while it is being asked.
            var fresh = new Lazy<Task<JudgeAnswer>>(() => AskFreshAsync(messages, schema, accept, cancellationToken));
            Lazy<Task<JudgeAnswer>> entry = cache.GetOrAdd(key, fresh);
            bool own = ReferenceEquals(entry, fresh);
            try
            {
                JudgeAnswer answer = await entry.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (!own)
                {
                    Interlocked.Increment(ref cached);
                }
                else if (cache.Count > options.CacheEntries)
                {
                    cache.Clear();
                }

                return (answer, !own);
            }
            catch (OperationCanceledException) when (!own && !cancellationToken.IsCancellationRequested)
            {
                // The one who asked was cancelled, this caller was not: ask again.
                cache.TryRemove(KeyValuePair.Create(key, entry));
            }
            catch
            {
                cache.TryRemove(KeyValuePair.Create(key, entry));
                throw;
            }
        }
    }

    private static bool IsPassing(Exception error) => error switch
    {
        HttpRequestException http => http.StatusCode is null || (int)http.StatusCode is 408 or 409 or 429 or >= 500,
        TimeoutException or IOException or OperationCanceledException => true,
        _ => false,
    };

    private async Task<JudgeAnswer> AskFreshAsync(IReadOnlyList<ChatMessage> messages, JsonElement schema, Func<string, string?> accept, CancellationToken cancellationToken)
    {
        int attempts = 0;
        (JudgeAnswer? answer, string? problem, Exception? cause) = await retries.ExecuteAsync(
            async token =>
            {
                attempts++;
                try
                {
                    JudgeAnswer answer = await SendAsync(messages, schema, token).ConfigureAwait(false);
                    return new Attempt(answer, accept(answer.Text), null);
                }
                catch (Exception error) when (!cancellationToken.IsCancellationRequested && IsPassing(error))
                {
                    return new Attempt(null, error is OperationCanceledException ? $"no answer within {options.Timeout}." : error.Message, error);
                }
            },
            cancellationToken).ConfigureAwait(false);
        if (problem is null)
        {
            return answer!;
        }

        var error = new GradingException($"The model {model} gave no usable answer in {attempts} attempt(s): {problem}", cause);
        if (cause is null)
        {
            // It did answer, but not what was asked for: that is what the service counts.
            error.Data[Unusable] = true;
        }

        throw error;
    }

    private async Task<JudgeAnswer> SendAsync(IReadOnlyList<ChatMessage> messages, JsonElement schema, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref calls);
        using var timeout = new CancellationTokenSource(options.Timeout, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        ChatResponse response = await client.GetResponseAsync(messages, sampling.ToChatOptions(model, schema), both.Token).ConfigureAwait(false);
        long read = response.Usage?.InputTokenCount ?? 0;
        long written = response.Usage?.OutputTokenCount ?? 0;
        Interlocked.Add(ref inputTokens, read);
        Interlocked.Add(ref outputTokens, written);
        return new JudgeAnswer(response.Text, read, written);
    }

    private string KeyOf(IReadOnlyList<ChatMessage> messages, JsonElement schema)
    {
        string text = JsonTexts.Write(writer =>
        {
            writer.WriteStartArray();
            writer.WriteStringValue(model);
            sampling.WriteTo(writer);
            JsonTexts.WriteValue(writer, schema);
            foreach (ChatMessage message in messages)
            {
                writer.WriteStringValue(message.Role.Value);
                foreach (AIContent content in message.Contents)
                {
                    writer.WriteStringValue(content switch
                    {
                        TextContent part => JsonTexts.Whole(part.Text),
                        UriContent part => part.Uri.ToString(),
                        DataContent part => part.Uri,
                        _ => content.ToString(),
                    });
                }
            }

            writer.WriteEndArray();
        });
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private sealed record Attempt(JudgeAnswer? Answer, string? Problem, Exception? Cause);
}
