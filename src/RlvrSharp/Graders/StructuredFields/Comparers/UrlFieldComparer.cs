using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>
/// Web addresses: scheme and host in any case, the default port, a fragment, a closing slash and escapes of plain letters do not count;
/// path and query do, letter for letter.
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
        bool hasScheme = text.Contains("://", StringComparison.Ordinal);
        if (text.AsSpan().IndexOfAny(" \t\r\n") >= 0 || (!hasScheme && !text.Contains('.', StringComparison.Ordinal))
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

        AppendEscapes(uri.AbsolutePath.TrimEnd('/'), ref key);
        AppendEscapes(uri.Query is "?" ? "" : uri.Query, ref key);
        return true;
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
