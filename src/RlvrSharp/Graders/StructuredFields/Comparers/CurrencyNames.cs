using System.Collections.Frozen;

namespace RlvrSharp.Graders;

/// <summary>Currencies as amounts name them: the three letters of ISO 4217, or a sign that means one currency only.</summary>
internal static class CurrencyNames
{
    // What is in use, then what old papers have: the forerunners of the euro and of today's codes.
    private static readonly FrozenSet<string> Codes = (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK "
        + "DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
        + "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB "
        + "PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD "
        + "TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XAG XAU XCD XCG XDR XOF XPD XPF XPT YER ZAR ZMW ZWG "
        + "ANG ATS BEF BGN BYR CUC CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MRO MTL NLG PTE ROL RUR SIT SKK SLL STD TRL VEF ZMK ZWL")
        .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    // Codes that are a word or a short form of one in small letters.
    private static readonly FrozenSet<string> Words =
        FrozenSet.Create(StringComparer.Ordinal, "ALL", "ANG", "BAM", "BOB", "COP", "CUP", "ESP", "GEL", "LAK", "MAD", "MNT", "MOP", "PEN", "RON", "RUB", "SIT", "SOS", "STD", "TOP", "TRY");

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
            _ => ReadCode(text),
        };
        return code.Length > 0 || text.Length == 0;
    }

    /// <summary>A code, in capitals or not where it is no word of its own: 5 CUP is money, 5 cup is not.</summary>
    private static string ReadCode(ReadOnlySpan<char> text)
    {
        if (text.Length != 3)
        {
            return "";
        }

        string written = text.ToString(), code = written.ToUpperInvariant();
        return Codes.Contains(code) && (string.Equals(written, code, StringComparison.Ordinal) || !Words.Contains(code)) ? code : "";
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
