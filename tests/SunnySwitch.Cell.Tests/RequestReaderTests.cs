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
            (95, "000000000500" + new string('0', 12) + "D00000000" + "C00000000")));
        Assert.True(hasPan);
        Assert.Equal("476173******0119", request.TruncatedPan.ToString());
        Assert.Equal((12345L, 123456u, 1122165047u, 654321u), (request.AmountMinor, request.ProcessingCode, request.TransmissionTime, request.Stan));
        Assert.Equal((165047u, 1122, 2812, 1123), (request.LocalTime, request.LocalDate, request.Expiry, request.SettlementDate));
        Assert.Equal((5411, 840, 51, 7), (request.MerchantCategory, request.AcquirerCountry, request.EntryMode, request.ConditionCode));
        Assert.Equal(("00400001", "99"), (request.Acquirer.ToString(), request.Forwarder.ToString()));
        Assert.Equal(("RRN000000001", "TERM0001", "MERCHANT0000001"), (request.Rrn.ToString(), request.Terminal.ToString(), request.CardAcceptor.ToString()));
        Assert.Equal((978, 0x0421), (request.Currency, request.Mti));
        Assert.Equal((0x0200, 123456u, 1122165046u, 500L), (original.Mti, original.Stan, original.TransmissionTime, original.ReplacementMinor));
        Assert.Equal((12345678UL, 9UL), (original.Acquirer.Value, original.Forwarder.Value));
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
        Assert.Equal(("400001", RequestHas.TransmissionTime | RequestHas.Stan), (request.Acquirer.ToString(), request.Has));
    }

    private static (Request Request, OriginalData Original, bool HasPan) Read(byte[] message)
    {
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(Ascii, message, ref table).IsOk);
        var transaction = default(Transaction);
        var hasPan = RequestReader.Read(
            new MessageReader(Ascii, message, in table), table.Mti, InstitutionId.Of(400001, 6), ref transaction,
            new byte[PanBlock.Bytes]);
        return (transaction.Request, transaction.Original, hasPan);
    }
}
