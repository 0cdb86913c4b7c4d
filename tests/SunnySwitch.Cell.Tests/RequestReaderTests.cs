using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell.Tests;

public sealed class RequestReaderTests
{
    private static readonly Dialect Ascii = Dialect.BuiltIn("iso87-ascii")!;

    [Fact]
    public void Every_value_that_a_check_may_read_is_read()
    {
        var (request, original, hasPan) = Read(CellUnderTest.Message(
            0x0421, (2, "4761739001010119"), (3, "123456"), (4, "000000012345"), (7, "1122165047"), (11, "654321"), (12, "165047"), (13, "1122"), (14, "2812"),
            (15, "1123"), (18, "5411"), (19, "840"), (22, "051"), (25, "07"), (32, "00400001"), (33, "99"), (37, "RRN000000001"), (41, "TERM0001"),
            (42, "MERCHANT0000001"), (49, "978"), (90, "020012345611221650460001234567800000000009"),
            (95, "000000000500" + new string('0', 12) + "D00000250" + "C00000000")));
        Assert.True(hasPan);
        Assert.Equal("476173******0119", request.TruncatedPan.ToString());
        Assert.Equal((12345L, 123456u, 1122165047u, 654321ul), (request.AmountMinor, request.ProcessingCode, request.TraceTime, request.Stan));
        Assert.Equal((165047u, 1122, 2812, 1123), (request.LocalTime, request.LocalDate, request.Expiry, request.SettlementDate));
        Assert.Equal((5411, 840, 51, 7), (request.MerchantCategory, request.AcquirerCountry, request.EntryMode, request.ReasonCode));
        Assert.Equal(("00400001", "99"), (request.Acquirer.ToString(), request.Forwarder.ToString()));
        Assert.Equal(("RRN000000001", "TERM0001", "MERCHANT0000001"), (request.Rrn.ToString(), request.Terminal.ToString(), request.CardAcceptor.ToString()));
        Assert.Equal((978, 0x0421), (request.Currency, request.Mti));
        Assert.Equal((0x0200, 123456ul, 1122165046u, 500L), (original.Mti, original.Stan, original.TraceTime, original.ReplacementMinor));
        Assert.Equal((12345678UL, 9UL, 250), (original.Acquirer.Value, original.Forwarder.Value, original.FeeStaysMinor));
    }

    [Fact]
    public void Track_2_gives_what_de2_and_de14_lack()
    {
        var (request, _, hasPan) = Read(CellUnderTest.Message(0x0100, (11, "000001"), (35, "4761739001010119=28122011234567890")));
        Assert.True(hasPan);
        Assert.Equal(("476173******0119", 2812, 201), (request.TruncatedPan.ToString(), request.Expiry, request.ServiceCode));
        Assert.Equal(RequestHas.Pan | RequestHas.Expiry | RequestHas.Track2 | RequestHas.Stan, request.Has);
    }

    [Theory]
    [InlineData("4761739001010119", false)]
    [InlineData("4761739001010118", true)]
    [InlineData("4761739", true)]
    [InlineData("378282246310005", false)]
    public void A_wrong_check_digit_or_length_is_marked(string pan, bool isBad)
    {
        var (request, _, _) = Read(CellUnderTest.Message(0x0100, (2, pan), (11, "000001")));
        Assert.Equal(isBad, (request.Has & RequestHas.PanBad) != 0);
    }

    [Fact]
    public void The_links_acquirer_stands_in_for_an_absent_de32()
    {
        var (request, _, _) = Read(CellUnderTest.Message(0x0800, (7, "1122165047"), (11, "000001")));
        Assert.Equal(("400001", RequestHas.TraceTime | RequestHas.Stan), (request.Acquirer.ToString(), request.Has));
    }

    [Theory]
    [InlineData("iso93-ascii-binbm", "1", "123456", "261122165047", "000000012345", "14201234562611221650460512345", 21)]
    [InlineData("iso93-ascii", "1", "123456", "261122165047", "000000012345", "14201234562611221650460512345", 21)]
    [InlineData("iso2003-bcd", "2", "123456789012", "20261122165047", "9782000000012345", "242012345678901220261122165046012345", 0)]
    public void Later_editions_say_the_same_in_other_fields(
        string name, string version, string stan, string time, string amount, string original, int entryMode)
    {
        var dialect = Dialect.BuiltIn(name)!;
        var message = Write(
            dialect, $"{version}420", (2, "4761739001010119"), (3, "123456"), (4, amount), (11, stan), (12, time), (14, "2812"),
            (15, version == "1" ? "261123" : "20261123"), (19, "840"), (22, version == "1" ? "210101213330" : new string('0', 32)), (24, "401"),
            (25, "4004"),
            (26, "5411"), (32, "00400001"), (37, "RRN000000001"), (41, version == "1" ? "TERM0001" : "TERM000000000001"), (42, "MERCHANT0000001"),
            (49, version == "1" ? "978" : "7103000000"), (56, original));
        var (transaction, hasPan) = Read(dialect, message);
        ref readonly var request = ref transaction.Decided.Request;
        Assert.True(hasPan);
        Assert.Equal((12345L, 978, 123456u, ulong.Parse(stan)), (request.AmountMinor, request.Currency, request.ProcessingCode, request.Stan));
        Assert.Equal((1122165047u, 165047u, 1122), (request.TraceTime, request.LocalTime, request.LocalDate));
        Assert.Equal((2812, 1123), (request.Expiry, request.SettlementDate));
        Assert.Equal((5411, 840), (request.MerchantCategory, request.AcquirerCountry));
        Assert.Equal((401, 4004), (request.FunctionCode, request.ReasonCode));
        Assert.Equal((0x0420, entryMode), (request.Mti, request.EntryMode));
        Assert.Equal(version == "1" ? "TERM0001" : "TERM000000000001", request.Terminal.ToString());
        Assert.Equal((0x0420, ulong.Parse(stan), 1122165046u), (transaction.Original.Mti, transaction.Original.Stan, transaction.Original.TraceTime));
        Assert.Equal(12345UL, transaction.Original.Acquirer.Value);
        Assert.Equal(12345L, transaction.Original.ReplacementMinor);
        Assert.Equal(RequestHas.Original | RequestHas.Replacement, request.Has & (RequestHas.Original | RequestHas.Replacement));
    }

    [Theory]
    [InlineData("801", 1)]
    [InlineData("802", 2)]
    [InlineData("831", 301)]
    [InlineData("811", 811)]
    public void Function_codes_say_what_de70_said(string function, int code)
    {
        var dialect = Dialect.BuiltIn("iso93-ascii")!;
        var (transaction, _) = Read(dialect, Write(dialect, "1804", (11, "000001"), (12, "261122165047"), (24, function)));
        Assert.Equal((0x0804, code), (transaction.Request.Mti, transaction.NetworkCode));
    }

    [Fact]
    public void A_version_that_is_not_the_dialects_stays_in_the_mti_and_is_no_type_that_we_know()
    {
        var later = Dialect.BuiltIn("iso93-ascii")!;
        Assert.Equal(0x2100, Read(later, Write(later, "2100", (11, "000001"))).Transaction.Request.Mti);
        Assert.Equal(0x0100, Read(later, Write(later, "1100", (11, "000001"))).Transaction.Request.Mti);
        Assert.Equal(0x1100, Read(Ascii, Write(Ascii, "1100", (11, "000001"))).Transaction.Request.Mti);
    }

    [Fact]
    public void Sixteen_characters_of_terminal_are_kept_and_key_the_request_and_a_longer_acceptor_is_as_good_as_absent()
    {
        var dialect = Dialect.BuiltIn("base24")!;
        var keys = new HashSet<ulong>();
        foreach (var terminal in (string[])["TERM000100000001", "TERM000100000002"])
        {
            var (transaction, _) = Read(dialect, Write(dialect, "0100", (7, "1122165047"), (11, "000001"), (41, terminal)));
            Assert.Equal(terminal, transaction.Request.Terminal.ToString());
            RequestKeys.Seal(ref transaction.Request, ref transaction.Original, in transaction.Charges);
            Assert.True(keys.Add(transaction.Request.KeyRest));
        }

        var later = Dialect.BuiltIn("iso2003-bcd")!;
        var (longer, _) = Read(later, Write(later, "2100", (11, "000000000001"), (42, new string('M', 17))));
        Assert.Equal(RequestHas.Stan, longer.Request.Has & (RequestHas.Stan | RequestHas.CardAcceptor));
    }

    [Theory]
    [InlineData("iso87-ascii", "0040840C000000002000", 2000L)]
    [InlineData("iso87-ascii", "0002840C000000009999" + "0040840C000000002000", 2000L)]
    [InlineData("iso87-ascii", "0002840C000000009999", null)]
    [InlineData("iso87-ascii", "0040840C00000000200", null)]
    [InlineData("iso87-ascii", "0040840C00000000 200", null)]
    [InlineData("iso87-ascii", "0040840C-00000002000", null)]
    [InlineData("iso2003-bcd", "00408402C000000002000", 2000L)]
    public void Cash_in_hand_is_the_group_of_de54_with_amount_type_40(string name, string text, long? cash)
    {
        var dialect = Dialect.BuiltIn(name)!;
        var mti = dialect.Standard == 2003 ? "2200" : "0200";
        var (transaction, _) = Read(dialect, Write(dialect, mti, (11, "1".PadLeft(dialect.UnitsMax(11), '0')), (54, text)));
        Assert.Equal(cash is null ? RequestHas.None : RequestHas.Cash, transaction.Request.Has & RequestHas.Cash);
        Assert.Equal(cash ?? 0, transaction.Request.CashMinor);
    }

    [Theory]
    [InlineData("4761739001010119=2812201123", "2812", false)]
    [InlineData("4761739001010119=2811201123", "2812", true)]
    [InlineData("5413330089020011=2812201123", "2812", true)]
    public void Track_2_has_to_be_that_of_de2_and_de14(string track, string expiry, bool differs)
    {
        var (request, _, _) = Read(CellUnderTest.Message(0x0100, (2, "4761739001010119"), (11, "000001"), (14, expiry), (35, track)));
        Assert.Equal(differs, (request.Has & RequestHas.TrackDiffers) != 0);
    }

    [Theory]
    [InlineData("A1B2C3", true)]
    [InlineData("ZZZZZZ", true)]
    [InlineData("000000", false)]
    [InlineData("      ", false)]
    [InlineData("a1b2c3", false)]
    [InlineData("12345 ", false)]
    public void An_approval_code_is_six_digits_or_capitals(string code, bool isCode)
    {
        var (request, original, _) = Read(CellUnderTest.Message(0x0220, (11, "000001"), (38, code)));
        Assert.Equal(isCode, (request.Has & RequestHas.ApprovalCode) != 0);
        Assert.Equal(isCode, original.ApprovalCode != 0);
    }

    [Theory]
    [InlineData("00", false)]
    [InlineData("10", false)]
    [InlineData("Y1", false)]
    [InlineData("Z1", true)]
    [InlineData("51", true)]
    public void The_code_of_an_advice_says_whether_it_was_declined_elsewhere(string code, bool isDeclined)
    {
        var (request, _, _) = Read(CellUnderTest.Message(0x0220, (11, "000001"), (39, code)));
        Assert.Equal(isDeclined, (request.Has & RequestHas.DeclinedElsewhere) != 0);
        var later = Dialect.BuiltIn("iso93-ascii")!;
        var action = isDeclined ? "116" : "000";
        var (transaction, _) = Read(later, Write(later, "1220", (11, "000001"), (12, "261122165047"), (39, action)));
        Assert.Equal(isDeclined, (transaction.Request.Has & RequestHas.DeclinedElsewhere) != 0);
    }

    [Theory]
    [InlineData("0100", "25", "06", RequestHas.PreAuthorization)]
    [InlineData("0220", "25", "06", RequestHas.Completion)]
    [InlineData("0200", "25", "00", RequestHas.None)]
    [InlineData("1100", "24", "101", RequestHas.PreAuthorization)]
    [InlineData("1100", "24", "100", RequestHas.None)]
    [InlineData("1100", "24", "106", RequestHas.Increment)]
    [InlineData("1100", "24", "107", RequestHas.Increment)]
    [InlineData("1220", "24", "201", RequestHas.Completion)]
    [InlineData("1220", "24", "202", RequestHas.Completion)]
    public void Estimates_increments_and_completions_are_told_as_each_edition_tells_them(string mti, string field, string value, RequestHas says)
    {
        const RequestHas all = RequestHas.PreAuthorization | RequestHas.Increment | RequestHas.Completion;
        var dialect = mti[0] == '0' ? Ascii : Dialect.BuiltIn("iso93-ascii")!;
        var time = mti[0] == '0' ? (7, "1122165047") : (12, "261122165047");
        var (transaction, _) = Read(dialect, Write(dialect, mti, (11, "000001"), time, (int.Parse(field), value)));
        Assert.Equal(says, transaction.Request.Has & all);
    }

    [Theory]
    [InlineData("10", RequestHas.PartialOk)]
    [InlineData("01", RequestHas.MoreFollow)]
    [InlineData("11XYZ", RequestHas.PartialOk | RequestHas.MoreFollow)]
    [InlineData("1", RequestHas.PartialOk)]
    [InlineData("00", RequestHas.None)]
    public void A_dialects_marks_say_what_the_standard_has_no_place_for(string text, RequestHas says)
    {
        var dialect = Dialect.BuiltIn("pos-host")!;
        var (transaction, _) = Read(dialect, Write(dialect, "0100", (7, "1122165047"), (11, "000001"), (60, text)));
        Assert.Equal(says, transaction.Request.Has & (RequestHas.PartialOk | RequestHas.MoreFollow));
    }

    [Fact]
    public void An_original_of_zeros_beside_an_approval_code_is_none()
    {
        var zeros = new string('0', 42);
        var (request, _, _) = Read(CellUnderTest.Message(0x0420, (11, "000001"), (38, "A1B2C3"), (90, zeros), (95, "000000000500" + zeros[..30])));
        Assert.Equal(RequestHas.ApprovalCode | RequestHas.Replacement, request.Has & (RequestHas.Names | RequestHas.Replacement));
        (request, _, _) = Read(CellUnderTest.Message(0x0420, (11, "000001"), (90, zeros)));
        Assert.Equal(RequestHas.Original, request.Has & RequestHas.Names);
    }

    [Theory]
    [InlineData("D00000250", 250)]
    [InlineData("C00000250", -250)]
    [InlineData("D00000000", 0)]
    public void A_fee_is_paid_by_the_cardholder_when_it_is_a_debit(string text, long fee)
    {
        var (transaction, _) = Read(Ascii, CellUnderTest.Message(0x0200, (11, "000001"), (28, text)));
        Assert.Equal((fee, fee != 0), (transaction.Charges.FeeMinor, (transaction.Request.Has & RequestHas.Fee) != 0));
    }

    private const string Paid = "01840D0000025010000000C00000000840", Given = "02840C0000010061000000D00000100978";

    [Theory]
    [InlineData(Paid, 250)]
    [InlineData(Given, -100)]
    [InlineData(Paid + Given, 150)]
    [InlineData(Paid + Given + Given + Paid + Given + Given, 100)]
    [InlineData("01840D0000000010000000C00000000840", 0)]
    [InlineData("01840D9999999910000000C00000000840" + Given, 99_999_899)]
    public void Fees_of_1993_are_summed_up_over_their_sets(string sets, long fee)
    {
        var transaction = ReadFees("840", sets);
        Assert.True(transaction.Decode.IsOk);
        Assert.Equal((fee, fee != 0), (transaction.Charges.FeeMinor, (transaction.Request.Has & RequestHas.Fee) != 0));
    }

    [Theory]
    [InlineData("", DecodeError.Truncated, 0)]
    [InlineData("01840D0000025010000000C0000000084", DecodeError.TrailingBytes, 0)]
    [InlineData(Paid + "0", DecodeError.TrailingBytes, 34)]
    [InlineData("01978D0000025010000000C00000000840", DecodeError.BadDigit, 0)]
    [InlineData(Paid + "01978D0000025010000000C00000000840", DecodeError.BadDigit, 34)]
    [InlineData("01840X0000025010000000C00000000840", DecodeError.BadDigit, 0)]
    [InlineData("01840D000002 010000000C00000000840", DecodeError.BadDigit, 0)]
    [InlineData("0184AD0000025010000000C00000000840", DecodeError.BadDigit, 0)]
    [InlineData("01840D000002501000000 C00000000840", DecodeError.BadDigit, 0)]
    [InlineData("01840D0000025010000000 00000000840", DecodeError.BadDigit, 0)]
    [InlineData("01840D0000025010000000C00000000USD", DecodeError.BadDigit, 0)]
    [InlineData("01840D9999999910000000C0000000084001840D0000000110000000C00000000840", DecodeError.BadDigit, 0)]
    public void Fees_of_1993_that_cannot_be_are_an_error_of_their_field(string sets, DecodeError error, int at)
    {
        var transaction = ReadFees("840", sets);
        var start = ReadFees("840", Paid + "0").Decode.Offset - 34;
        Assert.Equal(new DecodeResult(error, 46, start + at), transaction.Decode);
        Assert.Equal((RequestHas.None, 0), (transaction.Request.Has & RequestHas.Fee, transaction.Charges.FeeMinor));
    }

    [Fact]
    public void Fees_are_not_looked_at_where_there_is_no_currency_or_the_edition_is_another()
    {
        Assert.True(ReadFees(null, "what the parties make of it").Decode.IsOk);
        var (transaction, _) = Read(Ascii, CellUnderTest.Message(0x0200, (11, "000001"), (46, "what the parties make of it"), (49, "840")));
        Assert.True(transaction.Decode.IsOk);
    }

    private static Transaction ReadFees(string? currency, string sets)
    {
        var dialect = Dialect.BuiltIn("iso93-ascii")!;
        List<(int, string)> fields = [(4, "000000001000"), (11, "000001"), (46, sets)];
        if (currency is not null) fields.Add((49, currency));
        return Read(dialect, Write(dialect, "1200", [.. fields])).Transaction;
    }

    private static byte[] Write(Dialect dialect, string mti, params (int Field, string Value)[] fields)
    {
        var table = default(FieldTable);
        var editor = new MessageEditor(dialect);
        editor.SetMti(Convert.ToUInt16(mti, 16));
        foreach (var (field, value) in fields) editor.Set(new FieldPath(field), System.Text.Encoding.ASCII.GetBytes(value));
        var target = new byte[1024];
        var length = editor.Write(new MessageReader(dialect, default, in table), target, out var problem);
        Assert.Null(problem);
        return target[..length];
    }

    private static (Transaction Transaction, bool HasPan) Read(Dialect dialect, byte[] message)
    {
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, message, ref table).IsOk);
        var transaction = default(Transaction);
        var hasPan = RequestReader.Read(
            new MessageReader(dialect, message, in table), dialect, InstitutionId.Of(400001, 6), ref transaction, new byte[PanBlock.Bytes]);
        return (transaction, hasPan);
    }

    private static (Request Request, OriginalData Original, bool HasPan) Read(byte[] message)
    {
        var (transaction, hasPan) = Read(Ascii, message);
        return (transaction.Request, transaction.Original, hasPan);
    }
}
