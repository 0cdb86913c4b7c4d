using System.Buffers;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>A place inside of a field of digits or text.</summary>
/// <param name="Field">The field.</param>
/// <param name="At">Position of its first character, from 1.</param>
/// <param name="Length">Characters; fewer where the field ends before.</param>
public sealed record DialectPlace(int Field, int At, int Length)
{
    private const int ContentMax = 512;

    /// <summary>Copies what a message has there; returns how many characters, 0 for nothing.</summary>
    public int Copy(in MessageReader message, Dialect dialect, Span<byte> target)
    {
        if (!message.Has(Field) || message.Units(Field) > ContentMax) return 0;
        Span<byte> content = stackalloc byte[ContentMax];
        var isDigits = dialect.TypeOf(Field) == FieldType.Digits;
        content = content[..(isDigits ? message.CopyDigits(Field, content) : message.CopyText(Field, content))];
        if (At > content.Length) return 0;
        var found = content[(At - 1)..];
        found = found[..Math.Min(Math.Min(found.Length, Length), target.Length)];
        found.CopyTo(target);
        content.Clear();
        return found.Length;
    }

    /// <summary>
    /// Copies bytes that a message has there: those of a binary field, or what a text spells in hex. Returns how many; 0 where there are none, or
    /// it is no hex.
    /// </summary>
    public int CopyBytes(in MessageReader message, Dialect dialect, Span<byte> target)
    {
        if (!message.Has(Field) || message.Units(Field) > ContentMax) return 0;
        var charactersPerUnit = dialect.TypeOf(Field) == FieldType.Binary ? 2 : 1;
        Span<byte> content = stackalloc byte[2 * ContentMax];
        content = content[..message.CopyText(Field, content)];
        var start = charactersPerUnit * (At - 1);
        if (start > content.Length) return 0;
        var hex = content[start..];
        hex = hex[..Math.Min(hex.Length, Math.Min(charactersPerUnit * Length, 2 * target.Length))];
        var status = Convert.FromHexString(hex, target, out _, out var written);
        content.Clear();
        return status == OperationStatus.Done ? written : 0;
    }
}

/// <summary>Where a request has what is verified and the standard has no one place for: dialect data, from the counterparty's manual.</summary>
/// <param name="PinBlock">Without it DE52, of eight bytes.</param>
/// <param name="Ksn">Key serial number of DUKPT; null: PINs are under the link's key.</param>
/// <param name="PrintedCode">CVV2; null: not sent.</param>
/// <param name="AuthenticationValue">CAVV: 20 bytes, or in a text 40 characters of hex or 28 of base64; null: not sent.</param>
/// <param name="Indicator">E-commerce indicator, one digit or two; null: not sent.</param>
/// <param name="AuthenticationVerdict">What the network says of that proof; null: not sent.</param>
/// <param name="AuthenticationResult">
/// One letter in the answer: 2 the proof is right, 1 wrong, 0 no such value, 4 it could not be verified; null: not told.
/// </param>
public sealed record DialectSecurity(
    DialectPlace? PinBlock, DialectPlace? Ksn, DialectPlace? PrintedCode, DialectPlace? AuthenticationValue = null, DialectPlace? Indicator = null,
    DialectVerdict? AuthenticationVerdict = null, DialectPlace? AuthenticationResult = null);

/// <summary>Where the network says how it verified something, and in which words.</summary>
/// <param name="Place">The place.</param>
/// <param name="Right">Values by which it holds.</param>
/// <param name="Wrong">Values by which it does not; any other says that it could not be verified.</param>
public sealed record DialectVerdict(DialectPlace Place, IReadOnlyList<string> Right, IReadOnlyList<string> Wrong);

/// <summary>
/// Where a request has the cardholder's address, and where the answer says how it compared: dialect data, from the counterparty's manual.
/// </summary>
/// <param name="Postal">Postal code; null: not sent.</param>
/// <param name="Street">Street and number, or the number; null: not sent.</param>
/// <param name="Result">One letter in the answer: Y both, A the number, Z the postal code, N neither, U not known here; null: not told.</param>
public sealed record DialectAddress(DialectPlace? Postal, DialectPlace? Street, DialectPlace? Result);
