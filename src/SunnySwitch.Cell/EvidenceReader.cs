using System.Buffers.Text;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell;

/// <summary>
/// Reads what a request brings to prove who it is, for the HSM desk: PAN, PIN block, codes of the card, cryptogram, authentication value,
/// MAC. Runs on the network's threads, only for links that have something to verify.
/// </summary>
internal static class EvidenceReader
{
    private const int PanDigitsMax = 19, TrackMax = 40, CodeDigitsMin = 3, ScratchBytes = 512, AuthenticationBytes = 20;

    // 9F02 9F03 9F1A 95 5F2A 9A 9C 9F37 82 9F36 and how long each is (EMV Book 3 v4.4 annex A).
    private static readonly (uint Tag, int At, int Bytes)[] _chip =
    [
        (0x9F02, 0, 6), (0x9F03, 6, 6), (0x9F1A, 12, 2), (0x95, 14, 5), (0x5F2A, 19, 2), (0x9A, 21, 3), (0x9C, 24, 1), (0x9F37, 25, 4), (0x82, 29, 2),
        (0x9F36, 31, 2),
    ];

    /// <summary>Fills the evidence of a request that was read.</summary>
    /// <param name="message">The decoded message.</param>
    /// <param name="dialect">Its dialect.</param>
    /// <param name="hasMac">Whether the link's messages have a MAC.</param>
    /// <param name="raw">Its bytes: what is signed is copied from them.</param>
    /// <param name="transaction">The request.</param>
    public static void Read(in MessageReader message, Dialect dialect, bool hasMac, ReadOnlySpan<byte> raw, ref Transaction transaction)
    {
        ref var evidence = ref transaction.Evidence;
        evidence = default;
        if (hasMac) ReadMac(message, raw, ref transaction);
        if (ReadCard(message, ref evidence)) transaction.Brought |= EvidenceHas.CardCode;
        if (evidence.PanDigits > 0)
        {
            if (ReadPin(message, dialect, ref evidence)) transaction.Brought |= EvidenceHas.PinBlock;
            if (message.Has(55) && message.HasParts(55) && ReadChip(message, ref evidence)) transaction.Brought |= EvidenceHas.Cryptogram;
            var hasValue = (transaction.Request.Has & RequestHas.AuthenticationValue) != 0;
            if (hasValue && TryReadAuthentication(message, dialect, evidence.Authentication)) transaction.Brought |= EvidenceHas.Authentication;
            var mayPrint = (transaction.Brought & EvidenceHas.CardCode) == 0;
            if (mayPrint && ReadPrintedCode(message, dialect, ref evidence))
            {
                transaction.Brought |= EvidenceHas.CardCode;
                transaction.Request.Has |= RequestHas.PrintedCode;
            }
        }

        // A PAN alone proves nothing, and has no business here.
        if (transaction.Brought == EvidenceHas.None) evidence.Wipe();
    }

    private static void ReadMac(in MessageReader message, ReadOnlySpan<byte> raw, ref Transaction transaction)
    {
        var field = message.Has(128) ? 128 : 64;
        ref var evidence = ref transaction.Evidence;
        transaction.SignedBytes = 0;
        if (!message.Has(field) || message.Units(field) > 16) return;
        var signed = message.Offset(field);
        if (signed > transaction.Signed.Length) return;                    // As good as without a MAC: refused.
        raw[..signed].CopyTo(transaction.Signed);
        transaction.SignedBytes = signed;
        Span<byte> hex = stackalloc byte[32];
        hex = hex[..message.CopyText(field, hex)];
        Convert.FromHexString(hex, evidence.Mac, out _, out var written);
        evidence.MacBytes = (byte)written;
        transaction.Brought |= EvidenceHas.Mac;
    }

    // DE2 first, track 2 for what it lacks; the code of the track is in its discretionary data, where the issuer knows.
    private static bool ReadCard(in MessageReader message, ref Evidence evidence)
    {
        if (message.Has(2) && message.Units(2) <= PanDigitsMax) evidence.PanDigits = (byte)message.CopyDigits(2, evidence.Pan);
        if (message.Has(14) && message.Units(14) == 4) message.CopyDigits(14, evidence.Expiry);
        if (message.Has(23)) evidence.CardSequence = (byte)Math.Min(message.Number(23), 255);
        if (!message.Has(35)) return false;
        Span<byte> track = stackalloc byte[TrackMax];
        track = track[..message.CopyText(35, track)];
        var separator = track.IndexOf((byte)'=');
        var rest = separator < 0 ? default : track[(separator + 1)..];
        var hasCode = false;
        if (separator is > 0 and <= PanDigitsMax && evidence.PanDigits == 0)
        {
            track[..separator].CopyTo(evidence.Pan);
            evidence.PanDigits = (byte)separator;
        }

        if (rest.Length >= 7 + CodeDigitsMin && rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)
        {
            rest[..4].CopyTo(evidence.Expiry);
            rest.Slice(4, 3).CopyTo(evidence.ServiceCode);
            rest = rest[7..Math.Min(rest.Length, 7 + 16)];
            rest.CopyTo(evidence.Discretionary);
            evidence.DiscretionaryDigits = (byte)rest.Length;
            hasCode = true;
        }

        track.Clear();
        return hasCode;
    }

    private static bool ReadPin(in MessageReader message, Dialect dialect, ref Evidence evidence)
    {
        if (dialect.Security?.PinBlock is { } place)
        {
            evidence.PinBytes = (byte)place.CopyBytes(message, evidence.PinBlock);
        }
        else if (message.Has(52) && message.Units(52) == 8)
        {
            Span<byte> hex = stackalloc byte[16];
            message.CopyText(52, hex);
            Convert.FromHexString(hex, evidence.PinBlock, out _, out var written);
            evidence.PinBytes = (byte)written;
            hex.Clear();
        }

        if (evidence.PinBytes == 0) return false;
        if (dialect.Security?.Ksn is { } ksn) evidence.KsnBytes = (byte)ksn.CopyBytes(message, evidence.Ksn);
        return true;
    }

    private static bool ReadPrintedCode(in MessageReader message, Dialect dialect, ref Evidence evidence)
    {
        if (dialect.Security?.PrintedCode is not { } place) return false;
        Span<byte> code = stackalloc byte[4];
        code = code[..place.Copy(message, code)].TrimEnd((byte)' ');
        if (code.Length < CodeDigitsMin || code.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) return false;
        code.CopyTo(evidence.CardCode);
        evidence.CardCodeDigits = (byte)code.Length;
        return true;
    }

    /// <summary>
    /// The e-commerce indicator, whether a proof of authentication is there, and what the network says of it: of every link, with keys or without.
    /// </summary>
    public static void ReadElectronic(in MessageReader message, Dialect dialect, DialectSecurity security, ref Transaction transaction)
    {
        ref var request = ref transaction.Request;
        Span<byte> value = stackalloc byte[AuthenticationBytes];
        if (security.AuthenticationResult is not null) request.Has |= RequestHas.TellsAuthentication;
        if (security.AuthenticationVerdict is { } verdict) transaction.NetworkSays = WordOf(verdict, message, dialect, value);
        if (security.Indicator is { } place)
        {
            var digits = value[..Math.Min(place.Copy(message, value), place.Length)].Trim((byte)' ');
            if (!digits.IsEmpty && digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0) request.Indicator = digits[^1] - '0';
        }

        if (TryReadAuthentication(message, dialect, value)) request.Has |= RequestHas.AuthenticationValue;
        value.Clear();
    }

    // Blanks: nothing is said.
    private static SecurityVerdict WordOf(DialectVerdict verdict, in MessageReader message, Dialect dialect, Span<byte> scratch)
    {
        var said = scratch[..verdict.Place.Copy(message, scratch)].Trim((byte)' ');
        if (said.IsEmpty) return SecurityVerdict.NotChecked;
        foreach (var right in verdict.Right) if (Ascii.Equals(said, right)) return SecurityVerdict.Right;
        foreach (var wrong in verdict.Wrong) if (Ascii.Equals(said, wrong)) return SecurityVerdict.Wrong;
        return SecurityVerdict.Unable;
    }

    private static bool TryReadAuthentication(in MessageReader message, Dialect dialect, Span<byte> value)
    {
        if (dialect.Security?.AuthenticationValue is not { } place) return false;
        if (place.Type == FieldType.Binary) return place.CopyBytes(message, value) == AuthenticationBytes;
        Span<byte> text = stackalloc byte[2 * AuthenticationBytes];
        text = text[..place.Copy(message, text)].TrimEnd((byte)' ');
        var written = 0;
        if (text.Length == 2 * AuthenticationBytes) Convert.FromHexString(text, value, out _, out written);
        else if (text.Length > AuthenticationBytes) Base64.DecodeFromUtf8(text, value, out _, out written);
        text.Clear();
        return written == AuthenticationBytes;
    }

    private static bool ReadChip(in MessageReader message, ref Evidence evidence)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        if (message.Content(55).Length > 2 * scratch.Length) return false;
        var (has, wanted) = (0, (1 << _chip.Length) - 1);
        var isThere = false;
        var parts = message.Open(55, scratch);
        if (parts.Kind != CompositionKind.BerTlv) return false;
        while (parts.MoveNext())
        {
            var content = parts.Content;
            if (parts.Key == 0x9F26 && content.Length == 8)
            {
                content.CopyTo(evidence.Cryptogram);
                isThere = true;
            }
            else if (parts.Key == 0x9F27 && content.Length == 1)
            {
                (evidence.Kind, evidence.HasKind) = (content[0], true);
            }
            else if (parts.Key == 0x9F10 && content.Length is > 0 and <= 32)
            {
                content.CopyTo(evidence.ApplicationData);
                evidence.ApplicationDataBytes = (byte)content.Length;
            }
            else
            {
                for (var index = 0; index < _chip.Length; index++)
                {
                    if (_chip[index].Tag != parts.Key || _chip[index].Bytes != content.Length) continue;
                    content.CopyTo(((Span<byte>)evidence.Chip)[_chip[index].At..]);
                    has |= 1 << index;
                }
            }
        }

        scratch.Clear();
        return isThere && has == wanted && parts.IsOk;
    }
}
