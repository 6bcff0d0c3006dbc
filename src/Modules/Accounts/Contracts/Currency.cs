using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Accounts.Contracts;

/// <summary>A currency of ISO 4217, written as its three letters. The default is <see cref="None"/>.</summary>
[JsonConverter(typeof(CurrencyJson))]
public readonly record struct Currency
{
    private const string NoCurrency = "XXX";

    // Codes are added as ISO 4217 adds them and never taken away: amounts are stored in them.
    private static readonly FrozenDictionary<string, int> Scales = Table(
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
        (2, """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD
            EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL
            MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR
            SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
            """),
        (3, "BHD IQD JOD KWD LYD OMR TND"));

    private readonly string? code;

    private Currency(string code) => this.code = code;

    /// <summary>No currency: <c>XXX</c> in ISO 4217. No amount can be in it.</summary>
    public static Currency None => default;

    /// <summary>The three letters, upper-case.</summary>
    public string Code => code ?? NoCurrency;

    /// <summary>How many decimals an amount has: 2 for EUR, 0 for JPY, 3 for KWD.</summary>
    public int Scale => Scales.GetValueOrDefault(Code);

    /// <summary>The currency of a code, in upper or lower case.</summary>
    /// <exception cref="FormatException">ISO 4217 has no such currency in use.</exception>
    public static Currency Parse(string code) =>
        TryParse(code, out var currency) ? currency : throw new FormatException("Not the code of a currency in ISO 4217.");

    /// <summary>The currency of a code, in upper or lower case; false when ISO 4217 has no such currency in use.</summary>
    public static bool TryParse([NotNullWhen(true)] string? code, out Currency currency)
    {
        var upper = code?.ToUpperInvariant();
        var known = upper is not null && Scales.ContainsKey(upper);
        currency = known ? new(upper!) : None;
        return known;
    }

    /// <summary>Whether the amount has no more decimals than the currency; zeros at the end do not count.</summary>
    public bool Fits(decimal amount) => decimal.Round(amount, Scale) == amount;

    /// <summary>The same amount written with exactly the currency's decimals: <c>5</c> becomes <c>5.00</c> in EUR.</summary>
    /// <exception cref="ArgumentException">The amount does not fit, see <see cref="Fits"/>.</exception>
    public decimal Exact(decimal amount) => Fits(amount)
        ? decimal.Round(amount + new decimal(0, 0, 0, isNegative: false, (byte)Scale), Scale)
        : throw new ArgumentException($"An amount in {Code} has at most {Scale} decimals.", nameof(amount));

    /// <summary>The code.</summary>
    public override string ToString() => Code;

    private static FrozenDictionary<string, int> Table(params (int Scale, string Codes)[] rows) => rows
        .SelectMany(row => row.Codes.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), (row, code) => (code, row.Scale))
        .ToFrozenDictionary(pair => pair.code, pair => pair.Scale, StringComparer.Ordinal);

    private sealed class CurrencyJson : JsonConverter<Currency>
    {
        public override Currency Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() switch
        {
            NoCurrency => None,
            { } code when TryParse(code, out var currency) => currency,
            _ => throw new JsonException("Expected the code of a currency in ISO 4217."),
        };

        public override void Write(Utf8JsonWriter writer, Currency value, JsonSerializerOptions options) => writer.WriteStringValue(value.Code);
    }
}
