using Microsoft.Extensions.AI;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>Finds the chat client of a judge's JSON: our key <c>base_url</c>, or the context's.</summary>
internal static class JudgeConnection
{
    public static readonly Lazy<HttpClient> SharedHttp = new(() => new HttpClient { Timeout = Timeout.InfiniteTimeSpan });

    /// <summary>The client, and the keys to write back.</summary>
    /// <param name="reader">The grader's JSON.</param>
    /// <param name="model">The model's name.</param>
    /// <returns>The client or null after a problem.</returns>
    public static (IChatClient? Client, string? BaseUrl, string? KeyVariable) Read(GraderJsonReader reader, string? model)
    {
        string? url = reader.Text("base_url", required: false);
        string? variable = reader.Text("api_key_env", required: false);
        if (url is null)
        {
            if (model is null)
            {
                return default;
            }

            if (reader.Context.ChatClients is { } clients)
            {
                return (clients(model), null, variable);
            }

            reader.Problem("model", $"is \"{JsonTexts.Cut(model)}\", but there is no client to ask it with: set GraderJsonContext.ChatClients in code (for the rlvr command the environment variables OPENAI_BASE_URL and OPENAI_API_KEY), or write \"base_url\": \"http://…/v1\" (any OpenAI-compatible service) and, where it wants a key, \"api_key_env\": \"NAME\".");
            return default;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            reader.Problem("base_url", $"is \"{JsonTexts.Cut(url)}\", which is no http(s) URL.");
            return default;
        }

        string? key = variable is null ? null : Environment.GetEnvironmentVariable(variable);
        if (variable is not null && string.IsNullOrEmpty(key))
        {
            reader.Problem("api_key_env", $"names the environment variable \"{JsonTexts.Cut(variable)}\", which is not set: set it to the service's key.");
            return default;
        }

        return (new OpenAiChatClient(reader.Context.Http ?? SharedHttp.Value, uri, key), url, variable);
    }
}
