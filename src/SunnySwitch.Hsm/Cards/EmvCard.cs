using SunnySwitch.Hsm.Macs;

namespace SunnySwitch.Hsm.Cards;

/// <summary>How a card's master key comes from the issuer's (EMV Book 2 v4.4 annex A1.4).</summary>
public enum EmvDerivation : byte
{
    /// <summary>The 16 right-most digits of PAN and sequence number.</summary>
    OptionA = 0,

    /// <summary>PANs of more than 16 digits through SHA-1; shorter ones as option A.</summary>
    OptionB = 1,
}

/// <summary>A chip card.</summary>
/// <param name="pan">8 to 19 ASCII digits.</param>
/// <param name="sequence">PAN sequence number, 0 to 99.</param>
/// <param name="derivation">Option A unless the scheme says otherwise.</param>
public readonly ref struct EmvCard(ReadOnlySpan<byte> pan, int sequence, EmvDerivation derivation = EmvDerivation.OptionA)
{
    /// <summary>The PAN.</summary>
    public ReadOnlySpan<byte> Pan { get; } = pan;

    /// <summary>Tag 5F34.</summary>
    public int Sequence { get; } = sequence;

    /// <summary>Option A or B.</summary>
    public EmvDerivation Derivation { get; } = derivation;
}

/// <summary>How a session's key comes from the card's.</summary>
public enum EmvSessionMethod : byte
{
    /// <summary>None: the card's master key itself (Visa CVN 10). The ARPC is made with it too.</summary>
    None = 0,

    /// <summary>EMV common session key (Book 2 A1.3), from eight bytes R. The ARPC is made with the session key.</summary>
    Common = 1,

    /// <summary>
    /// Mastercard's proprietary one, from ATC and unpredictable number (M/Chip CVN 16 and 17). The ARPC is made with the master
    /// key.
    /// </summary>
    Mastercard = 2,
}

/// <summary>The session: the method and the eight bytes that it starts from.</summary>
public readonly struct EmvSession
{
    private EmvSession(EmvSessionMethod method, ulong start) => (Method, Start) = (method, start);

    /// <summary>How.</summary>
    public EmvSessionMethod Method { get; }

    /// <summary>R, big-endian.</summary>
    public ulong Start { get; }

    /// <summary>The master key itself.</summary>
    public static EmvSession None => default;

    /// <summary>Common session key from the ATC (tag 9F36), for cryptograms.</summary>
    public static EmvSession Common(ushort transactionCounter) => new(EmvSessionMethod.Common, (ulong)transactionCounter << 48);

    /// <summary>Common session key from any eight bytes: for scripts the cryptogram itself (tag 9F26).</summary>
    public static EmvSession CommonOf(ulong start) => new(EmvSessionMethod.Common, start);

    /// <summary>Mastercard's, from ATC and unpredictable number (tag 9F37).</summary>
    public static EmvSession Mastercard(ushort transactionCounter, uint unpredictable) =>
        new(EmvSessionMethod.Mastercard, (ulong)transactionCounter << 48 | unpredictable);
}

/// <summary>What answers a cryptogram.</summary>
public enum ArpcMethod : byte
{
    /// <summary>Method 1 (Book 2, 8.2.1): the cryptogram xor the two bytes of the response code, enciphered. 8 bytes.</summary>
    ResponseCode = 1,

    /// <summary>
    /// Method 2 (8.2.2): MAC of the cryptogram, the four bytes of the card status update and up to 8 bytes of the issuer's own. 4
    /// bytes.
    /// </summary>
    CardStatusUpdate = 2,
}

/// <summary>A cryptogram as it came.</summary>
/// <param name="session">How the session key is made.</param>
/// <param name="data">What the card put in, in the order of its cryptogram version.</param>
/// <param name="padding">Of the data: zeros (Visa CVN 10) or 80 and zeros.</param>
/// <param name="cryptogram">Eight bytes, tag 9F26.</param>
public readonly ref struct EmvCryptogram(EmvSession session, ReadOnlySpan<byte> data, MacPadding padding, ReadOnlySpan<byte> cryptogram)
{
    /// <summary>How the session key is made.</summary>
    public EmvSession Session { get; } = session;

    /// <summary>What the card put in.</summary>
    public ReadOnlySpan<byte> Data { get; } = data;

    /// <summary>Of the data.</summary>
    public MacPadding Padding { get; } = padding;

    /// <summary>Tag 9F26.</summary>
    public ReadOnlySpan<byte> Value { get; } = cryptogram;
}
