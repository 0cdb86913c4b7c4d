using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Protocol.Tests;

public sealed class MeaningsTests
{
    // The published test card that these tests plant.
    private const string Pan = "4761739001010119";

    [Theory]
    [InlineData("0100", "ISO 8583:1987, authorization request, from the acquirer")]
    [InlineData("1421", "ISO 8583:1993, reversal advice, repeat, from the acquirer")]
    [InlineData("2212", "ISO 8583:2003, financial response, from the issuer")]
    [InlineData("0804", "ISO 8583:1987, network management request, from another")]
    [InlineData("7999", "unknown version, unknown class of an unknown function, of unknown origin")]
    [InlineData("01", null)]
    [InlineData("01A0", null)]
    [InlineData("", null)]
    public void A_message_type_is_read_digit_by_digit(string mti, string? meaning) =>
        Assert.Equal(meaning, Meanings.OfMti(mti));

    [Theory]
    [InlineData(1987, 3, "000000", "goods and services, from default account, to default account")]
    [InlineData(1987, 3, "012000", "cash withdrawal, from cheque account, to default account")]
    [InlineData(1993, 3, "401020", "transfer between accounts, from savings account, to cheque account")]
    [InlineData(1987, 3, "919900", "transaction by agreement, from account by agreement, to default account")]
    [InlineData(1987, 7, "0912140359", "12 Sep 14:03:59 UTC")]
    [InlineData(1987, 7, "1312140359", "not a date")]
    [InlineData(1987, 7, "0912250000", "not a date")]
    [InlineData(1987, 9, "61234567", "1.234567")]
    [InlineData(1987, 9, "00000002", "2")]
    [InlineData(1987, 9, "81234567", null)]
    [InlineData(1987, 12, "140359", "14:03:59")]
    [InlineData(1987, 12, "996060", "not a time")]
    [InlineData(1987, 13, "0229", "29 Feb")]
    [InlineData(1987, 13, "0230", "not a date")]
    [InlineData(1987, 14, "2812", "Dec 2028")]
    [InlineData(1987, 14, "2800", "not a date")]
    [InlineData(1993, 12, "260912140359", "12 Sep 2026 14:03:59")]
    [InlineData(1993, 12, "260931140359", "not a date")]
    [InlineData(1993, 13, "2401", "Jan 2024")]
    [InlineData(1993, 15, "260912", "12 Sep 2026")]
    [InlineData(1993, 15, "270229", "not a date")]
    [InlineData(2003, 12, "20260912140359", "12 Sep 2026 14:03:59")]
    [InlineData(2003, 15, "00000912", "not a date")]
    [InlineData(1987, 18, "5411", "groceries")]
    [InlineData(1987, 18, "3102", "airline")]
    [InlineData(1993, 26, "6011", "cash at an ATM")]
    [InlineData(1987, 18, "0000", null)]
    [InlineData(1987, 19, "840", "USA")]
    [InlineData(1987, 19, "040", "AUT")]
    [InlineData(1987, 19, "999", null)]
    [InlineData(1987, 22, "051", "chip; terminal accepts PINs")]
    [InlineData(1987, 22, "012", "keyed; terminal accepts no PIN")]
    [InlineData(1987, 22, "0510", null)]
    [InlineData(1987, 25, "00", "normal")]
    [InlineData(1987, 25, "59", "electronic commerce (networks)")]
    [InlineData(1987, 26, "12", "PINs of up to 12 digits")]
    [InlineData(1987, 26, "99", null)]
    [InlineData(1993, 24, "100", "original authorization, accurate amount")]
    [InlineData(1993, 24, "401", "partial reversal, did not complete for the full amount")]
    [InlineData(1993, 24, "831", "echo test")]
    [InlineData(1993, 24, "199", "authorization, by agreement")]
    [InlineData(1987, 24, "100", null)]
    [InlineData(1993, 25, "4021", "timed out waiting for a response")]
    [InlineData(1993, 25, "9999", null)]
    [InlineData(1987, 39, "00", "approved")]
    [InlineData(1987, 39, "51", "insufficient funds")]
    [InlineData(1987, 39, "1A", "stronger authentication needed (networks)")]
    [InlineData(1987, 39, "79", "by agreement")]
    [InlineData(1987, 39, "??", null)]
    [InlineData(1993, 39, "000", "approved")]
    [InlineData(1993, 39, "116", "insufficient funds")]
    [InlineData(1993, 39, "909", "system malfunction")]
    [InlineData(1993, 39, "180", "declined, by agreement")]
    [InlineData(1993, 39, "990", null)]
    [InlineData(2003, 39, "1016", "insufficient funds")]
    [InlineData(2003, 39, "1816", "declined, by agreement")]
    [InlineData(1987, 40, "201", "service code 201: international, chip; normal; no restrictions")]
    [InlineData(1987, 49, "840", "USD, US dollar")]
    [InlineData(1993, 49, "EUR", "EUR, Euro")]
    [InlineData(1987, 49, "000", null)]
    [InlineData(1987, 66, "2", "out of balance")]
    [InlineData(1987, 70, "001", "sign-on")]
    [InlineData(1987, 70, "301", "echo test")]
    [InlineData(1987, 70, "999", null)]
    public void A_code_or_a_date_is_told(int year, int field, string value, string? meaning) =>
        Assert.Equal(meaning, Meanings.OfField(year, field, value));

    [Theory]
    [InlineData(1987, 4, "000000001250", "840", "12.50 USD")]
    [InlineData(1987, 4, "000000001250", "392", "1250 JPY")]
    [InlineData(1987, 4, "000000001250", "414", "1.250 KWD")]
    [InlineData(1987, 4, "000000001250", "990", "0.1250 CLF")]
    [InlineData(1987, 4, "000000000000", "978", "0.00 EUR")]
    [InlineData(1993, 6, "999999999999", "USD", "9999999999.99 USD")]
    [InlineData(1987, 4, "000000001250", "", null)]
    [InlineData(1987, 4, "000000001250", "999", null)]
    [InlineData(1987, 4, "00000000125A", "840", null)]
    [InlineData(1987, 28, "D00000150", "840", "debit 1.50 USD")]
    [InlineData(1987, 28, "X00000150", "840", null)]
    [InlineData(1987, 86, "0000000000012345", "840", "123.45 USD")]
    [InlineData(1987, 86, "4761739001010119", "840", null)]
    [InlineData(1987, 97, "C0000000000012345", "840", "credit 123.45 USD")]
    [InlineData(2003, 4, "8402000000001250", "", "12.50 USD")]
    public void An_amount_has_the_decimals_of_its_currency(
        int year, int field, string value, string currency, string? meaning) =>
        Assert.Equal(meaning, Meanings.OfField(year, field, value, currency));

    [Fact]
    public void Additional_amounts_are_told_group_by_group()
    {
        Assert.Equal(
            "savings account, ledger balance: credit 100.00 USD; savings account, available balance: debit 500 JPY",
            Meanings.OfField(1987, 54, "1001840C0000000100001002392D000000000500"));
        Assert.Equal(
            "account by agreement, amount by agreement: credit 1.00 EUR",
            Meanings.OfField(1993, 54, "9999978C000000000100"));
        Assert.Null(Meanings.OfField(1987, 54, "1001840C00000001000"));
        Assert.Null(Meanings.OfField(1987, 54, "1001840X000000010000"));
        Assert.Null(Meanings.OfField(1987, 54, "1001840C00000001000A"));
    }

    [Fact]
    public void The_original_is_taken_apart()
    {
        Assert.Equal(
            "0200 financial request, trace number 000123, sent 12 Sep 14:03:59 UTC, acquirer 123456, forwarder not said",
            Meanings.OfField(1987, 90, "020000012309121403590000012345600000000000"));
        Assert.Equal(
            "1200 financial request, trace number 000123, at 12 Sep 2026 14:03:59, acquirer 123456",
            Meanings.OfField(1993, 56, "120000012326091214035906123456"));
        Assert.Null(Meanings.OfField(1987, 90, "0200000123"));
        Assert.Null(Meanings.OfField(1987, 90, "02000001230912140359000001234560000000000A"));
    }

    [Fact]
    public void Replacement_amounts_are_taken_apart()
    {
        Assert.Equal(
            "transaction 50.00 USD", Meanings.OfField(1987, 95, "000000005000000000000000C00000000C00000000", "840"));
        Assert.Equal(
            "transaction 5000 minor units, settlement 4500 minor units, fee debit 100 minor units, "
            + "settlement fee credit 90 minor units",
            Meanings.OfField(1987, 95, "000000005000000000004500D00000100C00000090"));
        Assert.Null(Meanings.OfField(1987, 95, "000000005000000000000000X00000000C00000000"));
        Assert.Null(Meanings.OfField(1987, 95, "5000"));
    }

    [Fact]
    public void The_data_code_of_1993_is_told_position_by_position()
    {
        Assert.Equal(
            "reads: chip; can authenticate: by PIN; cannot capture cards; on the merchant's premises, attended; "
            + "cardholder present; card present; read: chip; authenticated by PIN; by the chip; writes to cards: chip; "
            + "output: printer and display; PIN capture: 12 digits",
            Meanings.OfField(1993, 22, "51010151134C"));
        Assert.Equal(
            "position 1 by agreement", Meanings.OfField(1993, 22, "Z1010151134C")!.Split("; ")[0]);
        Assert.Null(Meanings.OfField(1993, 22, "51010151134"));
        Assert.Null(Meanings.OfField(1993, 22, "51010151134="));
    }

    [Theory]
    [InlineData(35, Pan + "=28122011234567890")]
    [InlineData(35, Pan + "D28122011234567890")]
    [InlineData(35, Pan + "==2011234567890")]
    [InlineData(45, "B" + Pan + "^CARDHOLDER/TEST^2812201123456789")]
    [InlineData(45, "B" + Pan + "^CARDHOLDER/TEST^^20112345")]
    public void Of_a_track_only_the_service_code_is_told(int field, string value) =>
        Assert.Equal(
            "service code 201: international, chip; normal; no restrictions", Meanings.OfField(1987, field, value));

    [Theory]
    [InlineData(35, Pan)]
    [InlineData(35, Pan + "=281220")]
    [InlineData(35, Pan + "=28A2201")]
    [InlineData(35, "=2812201")]
    [InlineData(35, "1=" + Pan)]
    [InlineData(35, "47617390010A0119=2812201")]
    [InlineData(45, "^" + Pan + "^" + Pan)]
    [InlineData(45, "1^" + Pan + "^" + Pan)]
    [InlineData(45, "B" + Pan)]
    [InlineData(45, "B" + Pan + "^NAME")]
    [InlineData(45, "^^")]
    [InlineData(2, Pan)]
    [InlineData(52, "0123456789ABCDEF")]
    [InlineData(48, "00")]
    [InlineData(127, "00")]
    [InlineData(-1, "00")]
    [InlineData(100_000, "00")]
    public void Of_other_secrets_nothing_is_told(int field, string value)
    {
        foreach (var year in new[] { 1987, 1993, 2003, 0 }) Assert.Null(Meanings.OfField(year, field, value));
    }

    [Fact]
    public void The_country_of_a_card_acceptor_is_its_last_two_letters()
    {
        Assert.Equal("GBR", Meanings.OfField(1987, 43, "CORNER SHOP              LONDON       GB"));
        Assert.Null(Meanings.OfField(1987, 43, "CORNER SHOP              LONDON       XX"));
        Assert.Null(Meanings.OfField(1987, 43, "GB"));
    }

    [Fact]
    public void Amounts_know_the_field_of_their_currency()
    {
        Assert.Equal(49, Meanings.CurrencyFieldOf(1987, 4));
        Assert.Equal(50, Meanings.CurrencyFieldOf(1993, 5));
        Assert.Equal(51, Meanings.CurrencyFieldOf(1987, 6));
        Assert.Equal(0, Meanings.CurrencyFieldOf(2003, 4));
        Assert.Equal(0, Meanings.CurrencyFieldOf(1987, 2));
    }

    [Fact]
    public void Currencies_are_in_order_and_each_is_there_once()
    {
        var all = Currencies.All.ToArray();
        Assert.Equal(all.Select(each => each.Number).Distinct().Order(), all.Select(each => each.Number));
        Assert.Equal(all.Length, all.Select(each => each.Code).Distinct().Count());
        Assert.All(all, each => Assert.True(each is { Code.Length: 3, Decimals: 0 or 2 or 3 or 4, Name.Length: > 2 }));
        foreach (var each in all)
        {
            Assert.True(Currencies.TryFind($"{each.Number:D3}", out var byNumber) && byNumber == each);
            Assert.True(Currencies.TryFind(each.Code, out var byCode) && byCode == each);
        }
    }

    [Theory, InlineData("US", "USA"), InlineData("USA", "USA"), InlineData("826", "GBR"), InlineData("4AF", null), InlineData("us", null)]
    public void A_country_is_found_by_number_or_letters(string code, string? country) =>
        Assert.Equal(country, Countries.Find(code));
}
