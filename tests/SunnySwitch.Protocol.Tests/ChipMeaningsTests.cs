using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Tests;

public sealed class ChipMeaningsTests
{
    private const string Pan = "4761739001010119";

    [Fact]
    public void Verification_results_of_the_terminal_are_a_line_a_bit()
    {
        Assert.Equal(
            ["offline data authentication not performed", "over the floor limit"], Meanings.OfTag(0x95, "8000008000"));
        Assert.Equal(
            ["application versions differ", "cardholder verification not successful"], Meanings.OfTag(0x95, "0080800000"));
        Assert.Equal(
            [
                "application versions differ", "over the floor limit", "lower consecutive offline limit exceeded",
                "upper consecutive offline limit exceeded",
            ],
            Meanings.OfTag(0x95, "008000E000"));
        Assert.Equal(["reserved: byte 1 bit 1", "reserved: byte 5 bit 1"], Meanings.OfTag(0x95, "0100000001"));
        Assert.Empty(Meanings.OfTag(0x95, "0000000000"));
        Assert.Equal(Meanings.OfTag(0x95, "FC50ACA000"), Meanings.OfTag(0x9F0D, "FC50ACA000"));
    }

    [Fact]
    public void The_interchange_profile_is_a_line_a_bit() =>
        Assert.Equal(
            [
                "DDA supported", "cardholder verification supported", "terminal risk management to be performed",
                "issuer authentication supported",
            ],
            Meanings.OfTag(0x82, "3C00"));

    [Fact]
    public void Capabilities_are_a_line_a_bit()
    {
        Assert.Equal(
            [
                "manual key entry", "magnetic stripe", "contact chip", "plaintext PIN to the chip",
                "enciphered PIN online", "signature on paper", "enciphered PIN to the chip", "no verification needed",
                "SDA", "DDA", "CDA",
            ],
            Meanings.OfTag(0x9F33, "E0F8C8"));
        Assert.Equal(
            ["cash", "prints for the attendant", "code table 1"], Meanings.OfTag(0x9F40, "8000008001"));
        Assert.Equal(40, Meanings.OfTag(0x9F40, "FFFFFFFFFF").Count);
    }

    [Fact]
    public void Usage_and_status_are_a_line_a_bit()
    {
        Assert.Equal(["domestic cash", "at terminals other than ATMs", "domestic cashback"], Meanings.OfTag(0x9F07, "8180"));
        Assert.Equal(
            ["offline data authentication performed", "cardholder verification performed"], Meanings.OfTag(0x9B, "C000"));
    }

    [Fact]
    public void Contactless_qualifiers_are_a_line_a_bit()
    {
        Assert.Equal(
            ["EMV mode", "online PIN", "signature", "cardholder verification required"], Meanings.OfTag(0x9F66, "26400000"));
        Assert.Empty(Meanings.OfTag(0x9F66, "2640"));     // Two bytes are another scheme's.
        Assert.Equal(["online PIN required", "verified on the consumer's device"], Meanings.OfTag(0x9F6C, "8080"));
    }

    [Theory]
    [InlineData("420300", "enciphered PIN online|if the terminal supports it|result unknown")]
    [InlineData("1E0300", "signature|if the terminal supports it|result unknown")]
    [InlineData("440302", "enciphered PIN to the chip|if the terminal supports it|successful")]
    [InlineData("1F0002", "no verification needed|always|successful")]
    [InlineData("3F0000", "no verification performed|result unknown")]
    [InlineData("4203", "")]
    public void Cardholder_verification_is_told(string hex, string lines) => AssertLines(0x9F34, hex, lines);

    [Theory]
    [InlineData("000000000000000042015E031F00", "if unattended cash: enciphered PIN online, if unsuccessful next rule"
        + "|if the terminal supports it: signature, if unsuccessful next rule|always: no verification needed, if unsuccessful fails")]
    [InlineData("00000000000000", "")]
    [InlineData("000000000000000042", "")]
    public void A_verification_list_is_a_line_a_rule(string hex, string lines) => AssertLines(0x8E, hex, lines);

    [Theory]
    [InlineData("80", "ARQC, goes online")]
    [InlineData("40", "TC, approved offline")]
    [InlineData("00", "AAC, declined")]
    [InlineData("0B", "AAC, declined|advice required|issuer authentication failed")]
    [InlineData("8000", "")]
    public void A_cryptogram_is_told_by_its_kind(string hex, string lines) => AssertLines(0x9F27, hex, lines);

    [Theory]
    [InlineData(0x4F, "A0000000031010", "Visa")]
    [InlineData(0x84, "A0000000041010", "Mastercard")]
    [InlineData(0x9F06, "F00000000010", "")]
    [InlineData(0x8A, "3030", "approved")]
    [InlineData(0x8A, "5933", "unable to go online, approved offline")]
    [InlineData(0x8A, "5A31", "declined offline")]
    [InlineData(0x8A, "30", "")]
    [InlineData(0x9A, "260912", "12 Sep 2026")]
    [InlineData(0x9A, "26FFFF", "")]
    [InlineData(0x9C, "00", "goods and services")]
    [InlineData(0x9C, "09", "goods and services with cashback")]
    [InlineData(0x9C, "FF", "")]
    [InlineData(0x5F24, "281231", "31 Dec 2028")]
    [InlineData(0x5F28, "0840", "USA")]
    [InlineData(0x9F1A, "0826", "GBR")]
    [InlineData(0x5F2A, "0978", "EUR, Euro")]
    [InlineData(0x5F2A, "9999", "")]
    [InlineData(0x5F30, "0201", "service code 201: international, chip; normal; no restrictions")]
    [InlineData(0x5F57, "20", "cheque account")]
    [InlineData(0x9F10, "06010A03A00000", "7 bytes; if Visa: cryptogram version 10, key index 1")]
    [InlineData(0x9F10, "06011203A00000", "7 bytes; if Visa: cryptogram version 18, key index 1")]
    [InlineData(0x9F10, "0110A00003220000000000000000000000FF", "18 bytes")]
    [InlineData(0x9F10, "0FA501A00000000000000000000000000F000000000000000000000000000000", "32 bytes; common core definitions")]
    [InlineData(0x9F15, "5411", "groceries")]
    [InlineData(0x9F17, "03", "3 tries left")]
    [InlineData(0x9F21, "140359", "14:03:59")]
    [InlineData(0x9F35, "22", "merchant, attended, offline with online capability")]
    [InlineData(0x9F35, "14", "financial institution, unattended, online only")]
    [InlineData(0x9F35, "36", "cardholder, unattended, offline only")]
    [InlineData(0x9F35, "31", "")]
    [InlineData(0x9F35, "00", "")]
    [InlineData(0x9F36, "0042", "66")]
    [InlineData(0x9F39, "05", "chip")]
    [InlineData(0x9F39, "07", "contactless chip")]
    [InlineData(0x9F5B, "2100000000", "script successful, command 1")]
    [InlineData(0x9F5B, "1F12345678", "script failed, command 15 or later")]
    [InlineData(0x9F5B, "21", "")]
    [InlineData(0x57, Pan + "D28122011234567890F0", "service code 201: international, chip; normal; no restrictions")]
    [InlineData(0x57, Pan + "0000", "")]
    [InlineData(0x5A, Pan, "")]
    [InlineData(0x9F26, "0123456789ABCDEF", "")]
    [InlineData(0x9F33, "e0f8", "")]
    [InlineData(0xDF8129, "00", "")]
    public void A_value_is_told(uint tag, string hex, string lines) => AssertLines(tag, hex, lines);

    [Theory]
    [InlineData(0x9F02, "000000001250", "840", "12.50 USD")]
    [InlineData(0x9F02, "000000001250", "0392", "1250 JPY")]
    [InlineData(0x9F03, "000000000000", "USD", "0.00 USD")]
    [InlineData(0x81, "000004E2", "840", "12.50 USD")]
    [InlineData(0x81, "FFFFFFFF", "840", "42949672.95 USD")]
    [InlineData(0x9F02, "000000001250", "", "")]
    [InlineData(0x9F02, "00000000125F", "840", "")]
    [InlineData(0x9F02, "1250", "840", "")]
    public void An_amount_has_the_decimals_of_its_currency(uint tag, string hex, string currency, string lines) =>
        Assert.Equal(Lines(lines), Meanings.OfTag(tag, hex, currency));

    private static void AssertLines(uint tag, string hex, string lines) => Assert.Equal(Lines(lines), Meanings.OfTag(tag, hex));

    private static string[] Lines(string lines) => lines.Length == 0 ? [] : lines.Split('|');
}
