using System.Buffers;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>A place inside of a field, or of a part of one, that holds digits, text or bytes.</summary>
/// <param name="Path">The field, or the part.</param>
/// <param name="Type">What it holds.</param>
/// <param name="At">Position of its first character or byte, from 1.</param>
/// <param name="Length">Characters or bytes; fewer where it ends before.</param>
public sealed record DialectPlace(FieldPath Path, FieldType Type, int At, int Length)
{
    private const int ContentMax = 512;

    /// <summary>The field that it is in.</summary>
    public int Field => Path.Field;

    /// <summary>Copies what a message has there; returns how many characters, 0 for nothing.</summary>
    public int Copy(in MessageReader message, Span<byte> target)
    {
        Span<byte> content = stackalloc byte[2 * ContentMax];
        content = content[..Whole(message, content)];
        var found = content[Math.Min(At - 1, content.Length)..];
        found = found[..Math.Min(Math.Min(found.Length, Length), target.Length)];
        found.CopyTo(target);
        content.Clear();
        return found.Length;
    }

    /// <summary>
    /// Copies bytes that a message has there: bytes as they are, or what a text spells in hex. Returns how many; 0 where there are none, or
    /// it is no hex.
    /// </summary>
    public int CopyBytes(in MessageReader message, Span<byte> target)
    {
        var charactersPerUnit = Type == FieldType.Binary ? 2 : 1;
        Span<byte> content = stackalloc byte[2 * ContentMax];
        content = content[..Whole(message, content)];
        var start = charactersPerUnit * (At - 1);
        var hex = content[Math.Min(start, content.Length)..];
        hex = hex[..Math.Min(hex.Length, Math.Min(charactersPerUnit * Length, 2 * target.Length))];
        var status = Convert.FromHexString(hex, target, out _, out var written);
        content.Clear();
        return status == OperationStatus.Done ? written : 0;
    }

    // All that is there, as text: bytes as hex. Nothing where parts are broken before it, or it is longer than any such place is.
    private int Whole(in MessageReader message, Span<byte> target)
    {
        if (!message.Has(Field)) return 0;
        if (Path.Count == 1)
        {
            if (message.Units(Field) > ContentMax) return 0;
            return Type == FieldType.Digits ? message.CopyDigits(Field, target) : message.CopyText(Field, target);
        }

        Span<byte> scratch = stackalloc byte[FieldPath.StepsMax * ContentMax];
        var written = Part(message, scratch, target);
        scratch.Clear();
        return written;
    }

    private int Part(in MessageReader message, Span<byte> scratch, Span<byte> target)
    {
        if (message.Content(Field).Length > 2 * ContentMax) return 0;
        var parts = message.Open(Field, scratch[..ContentMax]);
        for (var step = 1; MoveTo(ref parts, step); step++)
        {
            if (step + 1 == Path.Count) return parts.Units > ContentMax ? 0 : parts.CopyText(target);
            if (!parts.HasParts) return 0;
            parts = parts.Open(scratch.Slice(step * ContentMax, ContentMax));
        }

        return 0;
    }

    private bool MoveTo(ref PartReader parts, int step)
    {
        for (var earlier = Path.Earlier(step); earlier >= 0; earlier--)
        {
            if (!parts.MoveTo(Path.Key(step))) return false;
        }

        return true;
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
