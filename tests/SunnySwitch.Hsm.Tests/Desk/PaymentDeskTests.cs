using System.Diagnostics.CodeAnalysis;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Tests.Desk;

/// <summary>From evidence to verdicts: which key, which method, and what is right while keys overlap.</summary>
public sealed class PaymentDeskTests : IDisposable
{
    private const string Pan = "4761739001010119", Test = "0123456789ABCDEFFEDCBA9876543210";
    private readonly SoftwareHsm _hsm = new();
    private readonly Ring _ring = new();
    private readonly PaymentDesk _desk;

    public PaymentDeskTests()
    {
        Set("zpk", KeyUsage.PinEncryption, "1C2A3B4C5D6E7F80912AA3B4C5D6E7F1");
        Set("bdk", KeyUsage.BaseDerivation, Test);
        Set("pvk", KeyUsage.PinVerificationPvv, "404142434445464748494A4B4C4D4E4F");
        Set("ibm", KeyUsage.PinVerificationIbm3624, "505152535455565758595A5B5C5D5E5F");
        Set("cvk", KeyUsage.CardVerification, Test);
        Set("acs", KeyUsage.CardVerification, Test);
        Set("imk", KeyUsage.EmvCryptogram, Test);
        Set("mak", KeyUsage.MacCmac, "2B7E151628AED2A6ABF7158809CF4F3C", KeyAlgorithm.Aes);
        _desk = NewDesk();
    }

    [Fact]
    public void A_PIN_is_right_by_its_PVV_and_wrong_by_any_other()
    {
        var (block, pvv) = Pin();
        Assert.Equal(SecurityVerdict.Right, Verify(Brought(block), Pvv(pvv)).Pin);
        Assert.Equal(SecurityVerdict.Wrong, Verify(Brought(block), Pvv(Other(pvv))).Pin);
        Assert.Equal(SecurityVerdict.Unable, Verify(Brought(block), default).Pin);
        Assert.Equal(SecurityVerdict.Malformed, Verify(Brought(new byte[8]), Pvv(pvv)).Pin);
        Assert.Equal((1, 1), (Count(HsmResult.Done), Count(HsmResult.WrongPin)));
    }

    [Fact]
    public void A_PIN_under_the_key_before_is_right_while_they_overlap()
    {
        var (block, pvv) = Pin();
        _ring.Previous["zpk"] = _ring.Current["zpk"];
        Set("zpk", KeyUsage.PinEncryption, "A1B2C3D4E5F60718293A4B5C6D7E8F90");
        Assert.Equal(SecurityVerdict.Right, Verify(Brought(block), Pvv(pvv)).Pin);
        Assert.Equal(SecurityVerdict.Right, Verify(Brought(Pin(out var later)), Pvv(later)).Pin);
        _ring.Previous.Clear();
        _ring.Generation++;
        Assert.Equal(SecurityVerdict.Malformed, Verify(Brought(block), Pvv(pvv)).Pin);
    }

    [Fact]
    public void A_card_of_IBM_3624_has_its_natural_PIN_or_an_offset()
    {
        Span<byte> validation = stackalloc byte[16];
        PaymentDesk.WriteValidation(Encoding.ASCII.GetBytes(Pan), validation);
        var terms = new Ibm3624Terms("0123456789012345"u8, validation);
        var zone = new PinSide(_ring.Current["zpk"], PinFormat.Iso0);
        var (natural, moved) = (new byte[8], new byte[8]);
        Assert.Equal(HsmResult.Done, _hsm.GenerateIbmPin(_ring.Current["ibm"], in terms, "0000"u8, in zone, Encoding.ASCII.GetBytes(Pan), natural, out _));
        Assert.Equal(HsmResult.Done, _hsm.GenerateIbmPin(_ring.Current["ibm"], in terms, "4711"u8, in zone, Encoding.ASCII.GetBytes(Pan), moved, out _));
        Assert.True(CardSecurity.TryPack("4711"u8, out var offset));
        var ibm = NewDesk(PinMethod.Ibm3624, "ibm");
        Assert.Equal(SecurityVerdict.Right, Verify(Brought(natural), default, ibm).Pin);
        Assert.Equal(SecurityVerdict.Wrong, Verify(Brought(moved), default, ibm).Pin);
        Assert.Equal(SecurityVerdict.Right, Verify(Brought(moved), new CardSecurity(PinMethod.Ibm3624, 0, offset), ibm).Pin);
        Assert.Equal(SecurityVerdict.Wrong, Verify(Brought(natural), new CardSecurity(PinMethod.Ibm3624, 0, offset), ibm).Pin);
    }

    [Fact]
    public void A_terminals_PIN_is_read_under_the_key_of_its_serial_number_as_often_as_it_is_asked()
    {
        var desk = NewDesk(zone: "bdk", bin: 401234);
        var pan = Encoding.ASCII.GetBytes("4012345678909");
        var (first, second) = ("1B9C1845EB993A7A", "10A01C8D02C69107");
        var pvv = new byte[4];
        var ksn = Convert.FromHexString("FFFF9876543210E00001");
        Assert.Equal(HsmResult.Done, _hsm.GeneratePvv(
            new PinSide(_ring.Current["bdk"], PinFormat.Iso0, ksn), Convert.FromHexString(first), pan, _ring.Current["pvk"], 1, pvv));
        SecurityVerdict Send(string block, string serial) =>
            Verify(Brought(Convert.FromHexString(block), serial, "4012345678909"), Pvv(pvv, 1), desk, 401234).Pin;
        // The kernel says which one may follow; a module that is asked after another has failed finds nothing used.
        Assert.Equal([SecurityVerdict.Right, SecurityVerdict.Right], [Send(second, "FFFF9876543210E00002"), Send(first, "FFFF9876543210E00001")]);
        Assert.Equal(SecurityVerdict.Right, Send(second, "FFFF9876543210E00002"));
        Assert.Equal(SecurityVerdict.Malformed, Send(second, "FFFF9876543210E00003"));
        foreach (var none in new[] { "FFFF9876543210E00000", "FFFF9876543210FFFFFF", "FFFF9876543210E0", "", "123456789012345600000001" })
        {
            Assert.Equal(SecurityVerdict.Replayed, Send(second, none));
        }
    }

    [Theory]
    [InlineData(CardCodeKind.Cvv, 901)]
    [InlineData(CardCodeKind.Icvv, 51)]
    [InlineData(CardCodeKind.Cvv2, 12)]
    public void Stripe_chip_and_print_have_codes_of_their_own(CardCodeKind kind, int entryMode)
    {
        var code = Code(kind);
        Assert.Equal(SecurityVerdict.Right, VerifyCode(kind, entryMode, code));
        Assert.Equal(SecurityVerdict.Wrong, VerifyCode(kind, entryMode, Other(code)));
        foreach (var other in new[] { CardCodeKind.Cvv, CardCodeKind.Icvv, CardCodeKind.Cvv2 }.Where(other => other != kind))
        {
            Assert.Equal(SecurityVerdict.Wrong, VerifyCode(kind, entryMode, Code(other)));
        }
    }

    [Theory]
    [InlineData("0700010972799396022310347279930000000000", SecurityVerdict.Right)]
    [InlineData("07000109727993960223103472799300C0A80001", SecurityVerdict.Right)]         // Where the cardholder was is not in it.
    [InlineData("0700990972799396022310347279930000000000", SecurityVerdict.Right)]         // Nor which key.
    [InlineData("0700010973799396022310347279930000000000", SecurityVerdict.Wrong)]
    [InlineData("0000010972799396022310347279930000000000", SecurityVerdict.Wrong)]         // Tried, and now it shall be authenticated.
    [InlineData("0701010972799396022310347279930000000000", SecurityVerdict.Wrong)]
    [InlineData("0700010972799496022310347279940000000000", SecurityVerdict.Wrong)]
    [InlineData("0900010972799396022310347279930000000000", SecurityVerdict.Wrong)]         // It says itself that it failed.
    [InlineData("0700010972799496022310347279930000000000", SecurityVerdict.Malformed)]
    [InlineData("070001097279939602231034727993007A000000", SecurityVerdict.Right)]
    [InlineData("1700010972799396022310347279930000000000", SecurityVerdict.Malformed)]
    [InlineData("07000109727993960223103472799A0000000000", SecurityVerdict.Malformed)]
    [InlineData("0700010972799396022310347279937400000000", SecurityVerdict.Unable)]        // Made in another way.
    public void A_published_authentication_value_is_right_and_any_other_is_not(string value, SecurityVerdict verdict)
    {
        var desk = NewDesk(bin: 412345);
        Assert.Equal(verdict, VerifyCavv(desk, value));
        _ring.Previous["acs"] = _ring.Current["acs"];
        Set("acs", KeyUsage.CardVerification, "404142434445464748494A4B4C4D4E4F");
        Assert.Equal(verdict, VerifyCavv(desk, value));                    // As long as the key before is there.
        _ring.Previous.Clear();
        _ring.Generation++;
        Assert.Equal(verdict == SecurityVerdict.Right ? SecurityVerdict.Wrong : verdict, VerifyCavv(desk, value));
        _ring.Current.Remove("acs");
        _ring.Generation++;
        Assert.Equal(SecurityVerdict.Unable, VerifyCavv(desk, value));
    }

    [Theory]
    [InlineData("4123456789012", "0004123456789012")]
    [InlineData("4123456789012345678", "3456789012345678")]
    public void Of_a_PAN_that_is_shorter_or_longer_sixteen_digits_are_in_it(string pan, string sixteen)
    {
        var code = new byte[3];
        var terms = new CardCodeTerms(CardCodeKind.Cvv, Encoding.ASCII.GetBytes(sixteen), "7993"u8, "700"u8);
        Assert.Equal(HsmResult.Done, _hsm.GenerateCardCode(_ring.Current["acs"], in terms, code));
        var value = $"0700010{Encoding.ASCII.GetString(code)}799396022310347279930000000000";
        Assert.Equal(SecurityVerdict.Right, VerifyCavv(NewDesk(bin: 412345), value, pan));
    }

    [Theory]
    [InlineData("VISA10", "06010A03A06010", "29CCA15AE665FA2E", "28993816AFAE4AEB3030")]
    [InlineData("VISA18", "06011203A0B800", "7A788EA6B8A3E733", null)]
    public void A_published_cryptogram_is_right_and_gets_its_answer(string version, string application, string cryptogram, string? answer)
    {
        var desk = NewDesk(bin: 123456, version: version);
        var transaction = OfChip(application, cryptogram);
        Assert.Equal(DeskAnswer.Done, desk.Verify(1, EvidenceHas.Cryptogram, default, ref transaction));
        Assert.Equal(SecurityVerdict.Right, transaction.Request.Security.Cryptogram);
        transaction.Decided.Code = ResponseCode.Approved;
        var data = new byte[16];
        Assert.Equal(DeskAnswer.Done, desk.AnswerChip(1, in transaction, data, out var bytes));
        if (answer is not null) Assert.Equal(answer, Convert.ToHexString(data.AsSpan(0, bytes)));
        else Assert.Equal("00800000", Convert.ToHexString(data.AsSpan(4, bytes - 4)));

        var forged = OfChip(application, cryptogram[..^1] + (cryptogram[^1] == '0' ? '1' : '0'));
        desk.Verify(1, EvidenceHas.Cryptogram, default, ref forged);
        Assert.Equal(SecurityVerdict.Wrong, forged.Request.Security.Cryptogram);
        desk.AnswerChip(1, in forged, data, out bytes);
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void Application_data_of_another_version_is_malformed()
    {
        var desk = NewDesk(bin: 123456);
        var transaction = OfChip("0601", "29CCA15AE665FA2E");
        desk.Verify(1, EvidenceHas.Cryptogram, default, ref transaction);
        Assert.Equal(SecurityVerdict.Malformed, transaction.Request.Security.Cryptogram);
    }

    [Fact]
    public void A_message_with_the_wrong_MAC_has_nothing_else_looked_at()
    {
        var (block, pvv) = Pin();
        var transaction = Brought(block);
        "a message"u8.CopyTo(transaction.Signed);
        transaction.SignedBytes = 9;
        transaction.Evidence.MacBytes = 8;
        Assert.Equal(HsmResult.Done, _hsm.GenerateMac(new MacSide(_ring.Current["mak"]), "a message"u8, ((Span<byte>)transaction.Evidence.Mac)[..8]));
        _desk.Verify(1, EvidenceHas.Mac | EvidenceHas.PinBlock, Pvv(pvv), ref transaction);
        Assert.Equal((SecurityVerdict.Right, SecurityVerdict.Right), (transaction.Request.Security.Mac, transaction.Request.Security.Pin));
        transaction.Evidence.Mac[0] ^= 1;
        _desk.Verify(1, EvidenceHas.Mac | EvidenceHas.PinBlock, Pvv(pvv), ref transaction);
        Assert.Equal((SecurityVerdict.Wrong, SecurityVerdict.NotChecked), (transaction.Request.Security.Mac, transaction.Request.Security.Pin));
        Span<byte> mac = stackalloc byte[8];
        Assert.Equal(DeskAnswer.Done, _desk.Sign(1, 1, "an answer"u8, mac));
        Assert.Equal(HsmResult.Done, _hsm.VerifyMac(new MacSide(_ring.Current["mak"]), "an answer"u8, mac));
        Assert.Equal(DeskAnswer.Failed, _desk.Sign(1, 2, "an answer"u8, mac));                // That link has no key.
    }

    [Fact]
    public void What_has_no_key_is_nobodys_to_say()
    {
        var transaction = Brought(new byte[8]);
        transaction.Request.TruncatedPan = TruncatedPan.Of(999999, 1, 16);
        _desk.Verify(1, EvidenceHas.PinBlock | EvidenceHas.CardCode | EvidenceHas.Cryptogram, default, ref transaction);
        Assert.Equal(
            SecurityVerdicts.Of(SecurityVerdict.Unable, SecurityVerdict.Unable, SecurityVerdict.Unable, SecurityVerdict.NotChecked),
            transaction.Request.Security);
    }

    [Fact]
    public void Verifying_allocates_nothing()
    {
        var (block, pvv) = Pin();
        var transaction = Brought(block);
        transaction.Evidence.DiscretionaryDigits = 13;
        var card = Pvv(pvv);
        for (var round = 0; round < 100; round++) _desk.Verify(1, EvidenceHas.PinBlock | EvidenceHas.CardCode, in card, ref transaction);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var round = 0; round < 1_000; round++) _desk.Verify(1, EvidenceHas.PinBlock | EvidenceHas.CardCode, in card, ref transaction);
        }));
    }

    [Fact]
    public void A_queued_desk_says_the_same_later()
    {
        var (block, pvv) = Pin();
        using var answers = new DeskAnswersHeard();
        using var queued = new QueuedDesk(
            [new DeskToken("one", [_desk], () => true)], answers, new QueueTerms(2, 64, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20)));
        var transaction = Brought(block);
        Assert.Equal(DeskAnswer.Pending, queued.Verify(11, EvidenceHas.PinBlock, Pvv(pvv), ref transaction));
        var next = answers.Next();
        Assert.Equal((11, DeskAnswer.Done, SecurityVerdict.Right), (next.Ticket, next.Answer, next.Verdicts.Pin));
        Assert.Equal(DeskAnswer.Pending, queued.Sign(12, 1, "an answer"u8, stackalloc byte[8]));
        next = answers.Next();
        Assert.Equal((12, DeskAnswer.Done), (next.Ticket, next.Answer));
        Assert.Equal(HsmResult.Done, _hsm.VerifyMac(new MacSide(_ring.Current["mak"]), "an answer"u8, next.Data));
    }

    public void Dispose() => _hsm.Dispose();

    private PaymentDesk NewDesk(
        PinMethod method = PinMethod.Pvv, string pinKey = "pvk", string zone = "zpk", uint bin = 476173, string version = "VISA10") => new(
            _hsm, _ring, [new LinkKeys(1, zone, PinFormat.Iso0, "mak")],
            [new ProductKeys(bin, bin) { PinKey = pinKey, PinMethod = method, CardCodeKey = "cvk", CavvKey = "acs", CryptogramKey = "imk",
                CryptogramVersion = version }]);

    private static SecurityVerdict VerifyCavv(PaymentDesk desk, string value, string pan = "4123456789012345")
    {
        var transaction = Brought([], pan: pan);
        Convert.FromHexString(value).CopyTo(transaction.Evidence.Authentication);
        Assert.Equal(DeskAnswer.Done, desk.Verify(1, EvidenceHas.Authentication, default, ref transaction));
        return transaction.Request.Security.Authentication;
    }

    private void Set(string label, KeyUsage usage, string hex, KeyAlgorithm algorithm = KeyAlgorithm.Tdea)
    {
        var clear = Convert.FromHexString(hex);
        if (algorithm == KeyAlgorithm.Tdea) KeyChecks.SetOddParity(clear);
        var attributes = new KeyAttributes(usage, algorithm, KeyMode.Any);
        Assert.Equal(HsmResult.Done, _hsm.FormKey(in attributes, clear, new byte[clear.Length], default, out var key));
        _ring.Current[label] = key!;
        _ring.Generation++;
    }

    private (byte[] Block, byte[] Pvv) Pin() => (Pin(out var pvv), pvv);

    private byte[] Pin(out byte[] pvv)
    {
        var (block, pan) = (new byte[8], Encoding.ASCII.GetBytes(Pan));
        pvv = new byte[4];
        var zone = new PinSide(_ring.Current["zpk"], PinFormat.Iso0);
        Assert.Equal(HsmResult.Done, _hsm.GeneratePin(in zone, pan, 4, block, out _));
        Assert.Equal(HsmResult.Done, _hsm.GeneratePvv(in zone, block, pan, _ring.Current["pvk"], 1, pvv));
        return block;
    }

    private static CardSecurity Pvv(byte[] digits, byte index = 1)
    {
        Assert.True(CardSecurity.TryPack(digits, out var value));
        return new CardSecurity(PinMethod.Pvv, index, value);
    }

    private static byte[] Other(byte[] digits) => [.. digits[..^1], (byte)(digits[^1] == '9' ? '0' : digits[^1] + 1)];

    private static Transaction Brought(byte[] block, string ksn = "", string pan = Pan)
    {
        var transaction = Transaction.WithEvidence(64);
        transaction.Decided.Link = 1;
        transaction.Request.TruncatedPan = TruncatedPan.Of(uint.Parse(pan[..6]), uint.Parse(pan[^4..]), pan.Length);
        ref var evidence = ref transaction.Evidence;
        evidence.PanDigits = (byte)Encoding.ASCII.GetBytes(pan, evidence.Pan);
        block.CopyTo(evidence.PinBlock);
        evidence.PinBytes = (byte)block.Length;
        transaction.Brought = EvidenceHas.PinBlock;
        Convert.FromHexString(ksn).CopyTo(evidence.Ksn);
        evidence.KsnBytes = (byte)(ksn.Length / 2);
        return transaction;
    }

    private SecurityVerdicts Verify(Transaction transaction, CardSecurity card, PaymentDesk? desk = null, uint bin = 0)
    {
        if (bin != 0) transaction.Request.TruncatedPan = TruncatedPan.Of(bin, 1, 16);
        Assert.Equal(DeskAnswer.Done, (desk ?? _desk).Verify(1, EvidenceHas.PinBlock, in card, ref transaction));
        return transaction.Request.Security;
    }

    private byte[] Code(CardCodeKind kind)
    {
        var code = new byte[3];
        var terms = new CardCodeTerms(kind, Encoding.ASCII.GetBytes(Pan), "2812"u8, "201"u8);
        Assert.Equal(HsmResult.Done, _hsm.GenerateCardCode(_ring.Current["cvk"], in terms, code));
        return code;
    }

    private SecurityVerdict VerifyCode(CardCodeKind kind, int entryMode, byte[] code)
    {
        var transaction = Brought(new byte[8]);
        transaction.Request.EntryMode = (ushort)entryMode;
        ref var evidence = ref transaction.Evidence;
        "2812"u8.CopyTo(evidence.Expiry);
        "201"u8.CopyTo(evidence.ServiceCode);
        if (kind == CardCodeKind.Cvv2)
        {
            code.CopyTo(evidence.CardCode);
            evidence.CardCodeDigits = 3;
        }
        else
        {
            "0000000000000"u8.CopyTo(evidence.Discretionary);
            code.CopyTo(((Span<byte>)evidence.Discretionary)[5..]);
            evidence.DiscretionaryDigits = 13;
        }

        _desk.Verify(1, EvidenceHas.CardCode, default, ref transaction);
        return transaction.Request.Security.CardCode;
    }

    private static Transaction OfChip(string application, string cryptogram)
    {
        var transaction = Brought(new byte[8], pan: "1234567890123456");
        ref var evidence = ref transaction.Evidence;
        const string chip = "000000004000" + "000000000000" + "0124" + "8000048000" + "0124" + "191105" + "01" + "52BF4585" + "1800" + "001C";
        Convert.FromHexString(chip).CopyTo(evidence.Chip);
        evidence.ApplicationDataBytes = (byte)(application.Length / 2);
        Convert.FromHexString(application).CopyTo(evidence.ApplicationData);
        Convert.FromHexString(cryptogram).CopyTo(evidence.Cryptogram);
        return transaction;
    }

    private int Count(HsmResult result) => (int)_desk.Results.Single(each => each.Result == result).Count;

    private sealed class Ring : IKeyRing
    {
        public Dictionary<string, HsmKey> Current { get; } = [];

        public Dictionary<string, HsmKey> Previous { get; } = [];

        public int Generation { get; set; }

        public bool TryCurrent(string label, [NotNullWhen(true)] out HsmKey? key) => Current.TryGetValue(label, out key);

        public bool TryPrevious(string label, [NotNullWhen(true)] out HsmKey? key) => Previous.TryGetValue(label, out key);
    }
}
