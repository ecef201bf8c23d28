using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>
/// Web addresses: scheme and host in any case, the default port, a fragment that is no route, a closing slash and escapes of plain letters do not count;
/// path, query and fragments that begin with #/ or #! (pages of their own) do, letter for letter.
/// </summary>
internal sealed class UrlFieldComparer(bool ignoreScheme, bool ignoreWww) : KeyFieldComparer("url")
{
    private protected override string Wants => "a web address such as https://example.com/page";

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        if (value.Kind != AnswerKind.String || value.Text.Length > 20_000)
        {
            return false;
        }

        string text = value.Text.Trim().ToString();
        bool hasScheme = HasScheme(text);
        if (text.AsSpan().IndexOfAny(" \t\r\n") >= 0 || (!hasScheme && !BeginsWithHost(text))
            || !Uri.TryCreate(hasScheme ? text : "https://" + text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
        {
            return false;
        }

        string host = uri.IdnHost.ToLowerInvariant();
        if (ignoreWww && host.StartsWith("www.", StringComparison.Ordinal))
        {
            host = host[4..];
        }

        if (!ignoreScheme)
        {
            key.Append(uri.Scheme);
        }

        key.Append("://");
        if (uri.UserInfo.Length > 0)
        {
            AppendEscapes(uri.UserInfo, ref key);
            key.Append('@');
        }

        key.Append(host);
        if (!uri.IsDefaultPort)
        {
            key.Append(FormattableString.Invariant($":{uri.Port}"));
        }

        AppendEscapes(WithoutSlash(uri.AbsolutePath), ref key);
        AppendEscapes(uri.Query is "?" ? "" : uri.Query, ref key);
        if (uri.Fragment is ['#', '/' or '!', ..] and not "#/")
        {
            AppendEscapes(WithoutSlash(uri.Fragment), ref key);
        }

        return true;
    }

    private static ReadOnlySpan<char> WithoutSlash(string text) => text.EndsWith('/') ? text.AsSpan(..^1) : text;

    /// <summary>Whether it begins with a scheme and ://, which may also stand within a query.</summary>
    private static bool HasScheme(string text)
    {
        int at = text.IndexOf("://", StringComparison.Ordinal);
        return at > 0 && text.AsSpan(0, at).IndexOfAny("/?#@:") < 0;
    }

    /// <summary>Whether what has no scheme is an address of the web: not mail, and no other kind such as tel:, whose colon has no port behind it.</summary>
    private static bool BeginsWithHost(string text)
    {
        int end = text.AsSpan().IndexOfAny("/?#");
        ReadOnlySpan<char> host = end < 0 ? text : text.AsSpan(0, end);
        int colon = host.IndexOf(':');
        return text.Contains('.', StringComparison.Ordinal) && !host.Contains('@') && (colon < 0 || host[(colon + 1)..].IndexOfAnyExceptInRange('0', '9') < 0);
    }

    /// <summary>Writes a part with the digits of its escapes in capitals: %2f and %2F are the same byte.</summary>
    private static void AppendEscapes(ReadOnlySpan<char> text, ref KeyBuffer key)
    {
        for (int i = 0; i < text.Length; i++)
        {
            key.Append(text[i]);
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                key.Append(char.ToUpperInvariant(text[++i]));
                key.Append(char.ToUpperInvariant(text[++i]));
            }
        }
    }

    internal override void WriteParameters(JsonObject json)
    {
        if (ignoreScheme)
        {
            json["ignore_scheme"] = true;
        }

        if (ignoreWww)
        {
            json["ignore_www"] = true;
        }
    }
}
