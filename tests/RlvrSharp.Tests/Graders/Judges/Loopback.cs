using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RlvrSharp.Tests.Graders.Judges;

/// <summary>A small HTTP service on this machine that answers as a test says.</summary>
internal sealed class Loopback : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly List<string> bodies = [];

    public Loopback(Func<int, string, (int Status, string Body)> answer)
    {
        int port = FreePort();
        Url = new Uri($"http://127.0.0.1:{port}/v1");
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await listener.GetContextAsync();
                }
                catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                string body = await reader.ReadToEndAsync();
                int number;
                lock (bodies)
                {
                    bodies.Add(body);
                    number = bodies.Count;
                    Paths.Add(context.Request.Url!.AbsolutePath);
                    Authorization = context.Request.Headers["Authorization"];
                }

                (int status, string text) = answer(number, body);
                context.Response.StatusCode = status;
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                await context.Response.OutputStream.WriteAsync(bytes);
                context.Response.Close();
            }
        });
    }

    public Uri Url { get; }

    public List<string> Paths { get; } = [];

    public string? Authorization { get; private set; }

    public IReadOnlyList<string> Bodies
    {
        get
        {
            lock (bodies)
            {
                return [.. bodies];
            }
        }
    }

    public static string Completion(string content, string usage = """{"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}""") =>
        $$$"""{"id": "x", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": {{{System.Text.Json.JsonSerializer.Serialize(content)}}}}}], "usage": {{{usage}}}}""";

    public void Dispose() => listener.Close();

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
