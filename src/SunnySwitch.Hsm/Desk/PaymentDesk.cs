using System.Buffers.Binary;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Desk;

/// <summary>
/// The HSM desk over a module that answers on the spot: finds the keys of a link and of a card's product, asks the module, and says verdicts.
/// While a key and the one before it overlap, what was made under either is right.
/// </summary>
/// <remarks>One thread; another gets a <see cref="Twin()"/>. Nothing is allocated per request but where the ring of keys has changed.</remarks>
public sealed class PaymentDesk : IHsmDesk
{
    private readonly IPaymentHsm _hsm;
    private readonly IKeyRing _ring;
    private readonly IReadOnlyList<LinkKeys> _links;
    private readonly IReadOnlyList<ProductKeys> _products;
    private readonly DeskKeys _keys;
    private readonly long[] _results = new long[64];
    private bool _hasFailed;

    /// <summary>Puts module, keys and terms together.</summary>
    public PaymentDesk(IPaymentHsm hsm, IKeyRing ring, IReadOnlyList<LinkKeys> links, IReadOnlyList<ProductKeys> products)
    {
        (_hsm, _ring, _links, _products) = (hsm, ring, links, products);
        _keys = new DeskKeys(ring, links, products);
    }

    /// <summary>One for another thread: the same module and keys.</summary>
    public PaymentDesk Twin() => Twin(_hsm, _ring);

    /// <summary>One over another module that holds the same keys.</summary>
    public PaymentDesk Twin(IPaymentHsm hsm, IKeyRing ring) => new(hsm, ring, _links, _products);

    /// <summary>How often each result came out, for metrics; read from any thread, and never far off.</summary>
    public IEnumerable<(HsmResult Result, long Count)> Results =>
        Enum.GetValues<HsmResult>().Select(result => (result, Volatile.Read(ref _results[(int)result])));

    /// <inheritdoc/>
    public DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction)
    {
        if (!_keys.TryRefresh()) return DeskAnswer.Failed;
        _hasFailed = false;
        ref readonly var evidence = ref transaction.Evidence;
        _keys.TryLink(transaction.Decided.Link, out var link, out var ofLink);
        var product = _keys.ProductOf(transaction.Request.TruncatedPan.Bin);
        var mac = (checks & EvidenceHas.Mac) == 0 ? SecurityVerdict.NotChecked : VerifyMac(in transaction, ofLink.Mac);
        // A message that is not the link's own proves nothing, and its PIN is nobody's to try.
        var isGood = mac is SecurityVerdict.NotChecked or SecurityVerdict.Right;
        var pin = isGood && (checks & EvidenceHas.PinBlock) != 0 ? VerifyPin(in transaction, in card, link, ofLink.Pin, product) : SecurityVerdict.NotChecked;
        var code = isGood && (checks & EvidenceHas.CardCode) != 0 ? VerifyCode(in transaction, product) : SecurityVerdict.NotChecked;
        var cryptogram = isGood && (checks & EvidenceHas.Cryptogram) != 0 ? VerifyCryptogram(in evidence, product) : SecurityVerdict.NotChecked;
        var cavv = isGood && (checks & EvidenceHas.Authentication) != 0 ? VerifyCavv(in evidence, product) : SecurityVerdict.NotChecked;
        transaction.Request.Security = default;
        if (_hasFailed) return DeskAnswer.Failed;
        transaction.Request.Security = SecurityVerdicts.Of(pin, code, cryptogram, mac, cavv);
        return DeskAnswer.Done;
    }

    /// <inheritdoc/>
    public DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes)
    {
        bytes = 0;
        if (!_keys.TryRefresh()) return DeskAnswer.Failed;
        _hasFailed = false;
        var product = _keys.ProductOf(transaction.Decided.Request.TruncatedPan.Bin);
        if (product < 0) return DeskAnswer.Done;
        var pair = _keys.Of(product).Cryptogram;
        if (!TryAnswerChip(pair.Current, product, in transaction, data, ref bytes)) TryAnswerChip(pair.Previous, product, in transaction, data, ref bytes);
        return _hasFailed && bytes == 0 ? DeskAnswer.Failed : DeskAnswer.Done;
    }

    /// <inheritdoc/>
    public DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac)
    {
        if (!_keys.TryRefresh()) return DeskAnswer.Failed;
        if (!_keys.TryLink(link, out _, out var keys) || keys.Mac.Current is not { } key) return DeskAnswer.Failed;
        return Counted(key, _hsm.GenerateMac(new MacSide(key), message, mac)) == HsmResult.Done ? DeskAnswer.Done : DeskAnswer.Failed;
    }

    private SecurityVerdict VerifyMac(in Transaction transaction, KeyPair keys)
    {
        ReadOnlySpan<byte> mac = transaction.Evidence.Mac;
        mac = mac[..transaction.Evidence.MacBytes];
        var signed = transaction.Signed[..transaction.SignedBytes];
        var verdict = SecurityVerdict.Unable;
        if (keys.Current is { } current) verdict = VerdictOf(Counted(current, _hsm.VerifyMac(new MacSide(current), signed, mac)));
        if (verdict == SecurityVerdict.Wrong && keys.Previous is { } previous)
        {
            verdict = VerdictOf(Counted(previous, _hsm.VerifyMac(new MacSide(previous), signed, mac)));
        }

        return verdict;
    }

    private SecurityVerdict VerifyPin(in Transaction transaction, in CardSecurity card, LinkKeys? link, KeyPair zone, int product)
    {
        ref readonly var evidence = ref transaction.Evidence;
        if (product < 0 || link is null || zone.Current is null || _keys.Of(product).Pin.Current is not { } verification) return SecurityVerdict.Unable;
        // Whether its key serial number may follow the last one is the kernel's to know.
        var ksn = evidence.KeySerial;
        var result = VerifyPin(zone.Current, link.PinFormat, ksn, in evidence, in card, verification, product);
        // Under another key a block is hardly ever of its format.
        var isOtherKey = result is HsmResult.PinBlockFormat or HsmResult.PinBlockPan;
        if (isOtherKey && zone.Previous is { } previous) result = VerifyPin(previous, link.PinFormat, ksn, in evidence, in card, verification, product);
        return VerdictOf(result);
    }

    private HsmResult VerifyPin(
        HsmKey zone, PinFormat format, ReadOnlySpan<byte> ksn, in Evidence evidence, in CardSecurity card, HsmKey verification, int product)
    {
        Span<byte> value = stackalloc byte[12];
        var block = ((ReadOnlySpan<byte>)evidence.PinBlock)[..evidence.PinBytes];
        var terms = _keys.Product(product);
        var method = card.Method == PinMethod.OfProduct ? terms.PinMethod : card.Method;
        value = value[..card.CopyDigits(value)];
        var side = new PinSide(zone, format, ksn);
        _keys.Used(zone);
        if (method == PinMethod.Pvv)
        {
            if (value.IsEmpty) return HsmResult.UnknownKey;
            return Counted(verification, _hsm.VerifyPvv(in side, block, evidence.PanText, verification, card.KeyIndex, value));
        }

        if (value.IsEmpty)
        {
            value = stackalloc byte[terms.PinDigits];
            value.Fill((byte)'0');
        }

        Span<byte> decimalisation = stackalloc byte[16];
        Span<byte> validation = stackalloc byte[16];
        System.Text.Encoding.ASCII.GetBytes(terms.Decimalisation, decimalisation);
        WriteValidation(evidence.PanText, validation);
        return Counted(verification, _hsm.VerifyIbmPin(in side, block, evidence.PanText, verification, new Ibm3624Terms(decimalisation, validation), value));
    }

    /// <summary>The first sixteen digits of the PAN, with F behind where it has fewer (IBM 3624, validation data).</summary>
    public static void WriteValidation(ReadOnlySpan<byte> pan, Span<byte> validation)
    {
        validation.Fill((byte)'F');
        pan[..Math.Min(pan.Length, validation.Length)].CopyTo(validation);
    }

    private SecurityVerdict VerifyCode(in Transaction transaction, int product)
    {
        ref readonly var evidence = ref transaction.Evidence;
        if (product < 0 || _keys.Of(product).CardCode.Current is not { } key) return SecurityVerdict.Unable;
        var isPrinted = evidence.CardCodeDigits > 0;
        ReadOnlySpan<byte> code = evidence.CardCode;
        code = code[..evidence.CardCodeDigits];
        if (!isPrinted)
        {
            var at = _keys.Product(product).CardCodeAt;
            if (at + 3 > evidence.DiscretionaryDigits) return SecurityVerdict.Malformed;
            code = ((ReadOnlySpan<byte>)evidence.Discretionary).Slice(at, 3);
        }

        // DE22: 05 and 07 read the chip's image of the track, whose code is another one than the stripe's.
        var isChip = transaction.Decided.Request.EntryMode / 10 is 5 or 7;
        var kind = isPrinted ? CardCodeKind.Cvv2 : isChip ? CardCodeKind.Icvv : CardCodeKind.Cvv;
        var terms = new CardCodeTerms(kind, evidence.PanText, evidence.Expiry, ((ReadOnlySpan<byte>)evidence.ServiceCode)[..3]);
        var verdict = VerdictOf(Counted(key, _hsm.VerifyCardCode(key, in terms, code)));
        if (verdict == SecurityVerdict.Wrong && _keys.Of(product).CardCode.Previous is { } previous)
        {
            verdict = VerdictOf(Counted(previous, _hsm.VerifyCardCode(previous, in terms, code)));
        }

        return verdict;
    }

    private SecurityVerdict VerifyCavv(in Evidence evidence, int product)
    {
        if (product < 0 || _keys.Of(product).Cavv.Current is not { } key) return SecurityVerdict.Unable;
        Span<byte> text = stackalloc byte[Cavv.TextBytes];
        var value = new Cavv(evidence.Authentication, evidence.PanText, text);
        var verdict = value.Problem;
        var terms = value.Terms;
        if (verdict == SecurityVerdict.NotChecked) verdict = VerdictOf(Counted(key, _hsm.VerifyCardCode(key, in terms, value.Code)));
        var isOther = verdict == SecurityVerdict.Wrong && value.Problem == SecurityVerdict.NotChecked;
        if (isOther && _keys.Of(product).Cavv.Previous is { } previous)
        {
            verdict = VerdictOf(Counted(previous, _hsm.VerifyCardCode(previous, in terms, value.Code)));
        }

        text.Clear();
        return verdict;
    }

    private SecurityVerdict VerifyCryptogram(in Evidence evidence, int product)
    {
        if (product < 0 || _keys.Of(product).Cryptogram.Current is not { } key) return SecurityVerdict.Unable;
        Span<byte> data = stackalloc byte[ChipData.BytesMax];
        var bytes = ChipData.Write(_keys.Version(product), in evidence, data);
        if (bytes == 0) return SecurityVerdict.Malformed;
        var card = CardOf(in evidence, product);
        var cryptogram = CryptogramOf(in evidence, product, data[..bytes]);
        var verdict = VerdictOf(Counted(key, _hsm.VerifyArqc(key, in card, in cryptogram)));
        if (verdict == SecurityVerdict.Wrong && _keys.Of(product).Cryptogram.Previous is { } previous)
        {
            verdict = VerdictOf(Counted(previous, _hsm.VerifyArqc(previous, in card, in cryptogram)));
        }

        return verdict;
    }

    private bool TryAnswerChip(HsmKey? key, int product, in Transaction transaction, Span<byte> target, ref int bytes)
    {
        if (key is null) return false;
        ref readonly var evidence = ref transaction.Evidence;
        Span<byte> data = stackalloc byte[ChipData.BytesMax];
        var dataBytes = ChipData.Write(_keys.Version(product), in evidence, data);
        if (dataBytes == 0) return false;
        var card = CardOf(in evidence, product);
        var cryptogram = CryptogramOf(in evidence, product, data[..dataBytes]);
        var method = _keys.Version(product).Arpc;
        Span<byte> answer = stackalloc byte[4];
        answer = answer[..ChipData.WriteAnswer(method, in transaction.Decided, answer)];
        var arpcBytes = method == ArpcMethod.ResponseCode ? 8 : 4;
        var result = Counted(key, _hsm.VerifyArqcGenerateArpc(key, in card, in cryptogram, method, answer, target[..arpcBytes]));
        if (result != HsmResult.Done) return false;
        answer.CopyTo(target[arpcBytes..]);
        bytes = arpcBytes + answer.Length;
        return true;
    }

    private EmvCard CardOf(in Evidence evidence, int product) => new(
        evidence.PanText, evidence.CardSequence, _keys.Product(product).DerivesByOptionB ? EmvDerivation.OptionB : EmvDerivation.OptionA);

    private EmvCryptogram CryptogramOf(in Evidence evidence, int product, ReadOnlySpan<byte> data)
    {
        var version = _keys.Version(product);
        ReadOnlySpan<byte> chip = evidence.Chip;
        var counter = BinaryPrimitives.ReadUInt16BigEndian(chip[31..]);
        var session = version.Session switch
        {
            EmvSessionMethod.Common => EmvSession.Common(counter),
            EmvSessionMethod.Mastercard => EmvSession.Mastercard(counter, BinaryPrimitives.ReadUInt32BigEndian(chip[25..])),
            _ => EmvSession.None,
        };
        return new EmvCryptogram(session, data, version.Padding, evidence.Cryptogram);
    }

    private HsmResult Counted(HsmKey key, HsmResult result)
    {
        _keys.Used(key);
        return Counted(result);
    }

    private HsmResult Counted(HsmResult result)
    {
        _results[(int)result]++;
        _hasFailed |= result.IsOfModule();
        return result;
    }

    private static SecurityVerdict VerdictOf(HsmResult result) => result switch
    {
        HsmResult.Done => SecurityVerdict.Right,
        HsmResult.WrongPin or HsmResult.WrongCardCode or HsmResult.WrongCryptogram or HsmResult.WrongMac => SecurityVerdict.Wrong,
        HsmResult.UnknownKey => SecurityVerdict.Unable,
        HsmResult.PinBlockFormat or HsmResult.PinBlockPan or HsmResult.BadInput => SecurityVerdict.Malformed,
        HsmResult.CounterNotAllowed or HsmResult.KsnMalformed => SecurityVerdict.Replayed,
        _ => SecurityVerdict.Fault,
    };
}
