namespace RlvrSharp.Graders;

/// <summary>Currencies as amounts name them: three letters, or a sign that means one currency only.</summary>
internal static class CurrencyNames
{
    /// <summary>The three letters of a currency; empty for no name.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out string code)
    {
        code = text switch
        {
            "" => "",
            "$" or "US$" or "U$" or "US $" => "USD",
            "€" => "EUR",
            "£" => "GBP",
            "¥" => "JPY",
            "₹" or "Rs" or "Rs." => "INR",
            "C$" or "CA$" or "CAN$" => "CAD",
            "A$" or "AU$" => "AUD",
            "NZ$" => "NZD",
            "HK$" => "HKD",
            "S$" or "SG$" => "SGD",
            "NT$" => "TWD",
            "MX$" or "Mex$" => "MXN",
            "R$" => "BRL",
            "CN¥" or "RMB" or "rmb" => "CNY",
            "₩" => "KRW",
            "₽" => "RUB",
            "₺" => "TRY",
            "₴" => "UAH",
            "₪" => "ILS",
            "₫" => "VND",
            "฿" => "THB",
            "₱" => "PHP",
            "₦" => "NGN",
            "zł" => "PLN",
            "Kč" => "CZK",
            "Ft" => "HUF",
            "Fr." or "SFr." => "CHF",
            _ => text.ToString().ToUpperInvariant(),
        };
        return code.Length is 0 or 3 && code.AsSpan().IndexOfAnyExceptInRange('A', 'Z') < 0;
    }

    /// <summary>Whether a sign can stand for a currency: many countries write $ or ¥ for their own.</summary>
    public static bool CanBe(ReadOnlySpan<char> sign, string code) => sign switch
    {
        "$" => code is "USD" or "CAD" or "AUD" or "NZD" or "HKD" or "SGD" or "TWD" or "MXN" or "ARS" or "CLP" or "COP",
        "£" => code is "GBP" or "EGP" or "GIP" or "FKP",
        "¥" => code is "JPY" or "CNY",
        _ => TryRead(sign, out string own) && string.Equals(own, code, StringComparison.Ordinal),
    };
}
