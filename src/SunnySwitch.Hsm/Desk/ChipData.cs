using SunnySwitch.Core.Domain;
using SunnySwitch.Hsm.Cards;

namespace SunnySwitch.Hsm.Desk;

/// <summary>What a cryptogram is over, and what an answer to it says, by cryptogram version.</summary>
internal static class ChipData
{
    /// <summary>The common tags and all of tag 9F10.</summary>
    public const int BytesMax = Evidence.ChipBytes + 32;

    /// <summary>Writes the data of a cryptogram; 0 where the issuer application data is not of that version.</summary>
    public static int Write(CryptogramVersion version, in Evidence evidence, Span<byte> data)
    {
        ((ReadOnlySpan<byte>)evidence.Chip).CopyTo(data);
        var application = ((ReadOnlySpan<byte>)evidence.ApplicationData)[..evidence.ApplicationDataBytes];
        // Visa: length, key index, version, CVR of 4. M/Chip: key index, version, CVR of 6, DAC 2, counters.
        var part = version.Name switch
        {
            "VISA10" when application.Length >= 7 => application.Slice(3, 4),
            "VISA18" when application.Length >= 7 => application,
            "MC16" when application.Length >= 8 => application.Slice(2, 6),
            "MC17" when application.Length >= 18 => application[2..].Length >= 16 ? application.Slice(2, 6) : default,
            _ => default,
        };
        if (part.IsEmpty) return 0;
        part.CopyTo(data[Evidence.ChipBytes..]);
        var bytes = Evidence.ChipBytes + part.Length;
        if (version.Name != "MC17") return bytes;
        application.Slice(10, 8).CopyTo(data[bytes..]);
        return bytes + 8;
    }

    /// <summary>What the issuer says: two bytes of response code, or four of card status update (EMV CCD, part 2: approved is bit 8 of byte 2).</summary>
    public static int WriteAnswer(ArpcMethod method, in Decided decided, Span<byte> answer)
    {
        if (method == ArpcMethod.ResponseCode)
        {
            (answer[0], answer[1]) = ((byte)decided.Code.Packed, (byte)(decided.Code.Packed >> 8));
            return 2;
        }

        answer[..4].Clear();
        if (decided.IsApproval) answer[1] = 0x80;
        return 4;
    }
}
