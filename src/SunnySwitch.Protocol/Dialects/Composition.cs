using System.Globalization;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>How the parts of a field are told apart.</summary>
public enum CompositionKind : byte
{
    /// <summary>One after the other, in the order of the file.</summary>
    Positional,
    /// <summary>A bitmap of their own announces them; keys are bit numbers from 1.</summary>
    Bitmap,
    /// <summary>A tag and a length of fixed widths before each (datasets too: one byte and two).</summary>
    Tagged,
    /// <summary>BER-TLV, ISO/IEC 8825-1 as EMV Book 3 annex B narrows it: tags of at most four bytes.</summary>
    BerTlv,
}

/// <summary>One part as a dialect file defines it; a range of tags may share a definition.</summary>
internal readonly struct PartPlan(uint first, uint last, FieldPlan plan, string? name)
{
    /// <summary>Lowest key it covers.</summary>
    public readonly uint First = first;

    /// <summary>Highest key it covers.</summary>
    public readonly uint Last = last;

    /// <summary>What it holds.</summary>
    public readonly FieldPlan Plan = plan;

    /// <summary>What the file calls it; null if it says nothing.</summary>
    public readonly string? Name = name;
}

/// <summary>How the content of a field, or of a part, splits further. Immutable once the dialect is made.</summary>
internal sealed class Composition
{
    /// <summary>What no entry covers in a BER-TLV composition: bytes, as long as its tag says.</summary>
    private static readonly FieldPlan _anyBytes = new()
    {
        Check = ContentCheck.None,
        Prefix = PrefixForm.OfTag,
        NibblesPerUnit = 2,
        UnitsMax = FieldPlan.UnitsLimit,
        Type = FieldType.Binary,
        Encoding = FieldEncoding.Raw,
        RawBytesSpread = FieldPlan.UnitsLimit,
    };

    public Composition()
        : this(_anyBytes)
    {
    }

    public Composition(FieldPlan unknown)
    {
        UnknownPlan = unknown;
        Template = this;
    }

    /// <summary>Kind.</summary>
    public CompositionKind Kind { get; init; }

    /// <summary>The content is text that spells the composition's bytes in upper-case hex.</summary>
    public bool IsHexText { get; private set; }

    /// <summary>How a BER-TLV template without an entry splits: as what it stands in, whose hex is read by then.</summary>
    public Composition Template { get; private set; }

    /// <summary>Leniency <c>may_end_early</c>: parts at the end may be missing (positional).</summary>
    public bool MayEndEarly { get; init; }

    /// <summary>A tag that the file does not list is refused (tagged and BER-TLV); otherwise it is kept as it is.</summary>
    public bool RefusesUnknown { get; init; }

    /// <summary>Leniency <c>padding</c>: bytes 00 between BER-TLV elements are skipped (EMV Book 3, annex B).</summary>
    public bool SkipsPadding { get; init; }

    /// <summary>Form of the bitmap.</summary>
    public BitmapForm BitmapForm { get; init; }

    /// <summary>Bits of one bitmap: 8 to 192, in whole bytes.</summary>
    public int BitmapBits { get; init; }

    /// <summary>Bit 1 of each bitmap announces another (datasets of ISO 8583:2003).</summary>
    public bool IsChained { get; init; }

    /// <summary>Bytes of a tag on the wire, 1 to 4.</summary>
    public int TagBytes { get; init; }

    /// <summary>How a tag is written: text, packed or raw.</summary>
    public FieldEncoding TagEncoding { get; init; }

    /// <summary>Only its prefix counts: how the length after a tag is written.</summary>
    public FieldPlan Length { get; init; }

    /// <summary>What a tag without an entry holds.</summary>
    public readonly FieldPlan UnknownPlan;

    /// <summary>Entries by ascending key; positional ones are keyed 1, 2, 3.</summary>
    public PartPlan[] Parts { get; init; } = [];

    /// <summary>BER-TLV of which the file lists nothing and refuses nothing: chip data as it usually comes.</summary>
    public bool IsPlainTlv => Kind == CompositionKind.BerTlv && Parts.Length == 0 && !RefusesUnknown;

    /// <summary>The same, spelled in hex.</summary>
    public Composition InHexText()
    {
        var spelled = (Composition)MemberwiseClone();
        spelled.IsHexText = true;
        return spelled;
    }

    /// <summary>Bytes of one bitmap on the wire.</summary>
    public int BitmapBytes => BitmapForm == BitmapForm.Raw ? BitmapBits / 8 : BitmapBits / 4;

    /// <summary>True if tags are characters, so that people write them as such; otherwise they are hex.</summary>
    public bool HasTextTags => Kind == CompositionKind.Tagged && TagEncoding is not (FieldEncoding.Raw or FieldEncoding.PackedLeft0);

    /// <summary>A key as people write it: a number, a tag's characters, or a tag in hex.</summary>
    public string KeyText(uint key)
    {
        if (Kind is CompositionKind.Positional or CompositionKind.Bitmap) return key.ToString(CultureInfo.InvariantCulture);
        var bytes = Kind == CompositionKind.BerTlv ? Tlv.TagBytes(key) : TagBytes;
        if (!HasTextTags) return key.ToString($"X{2 * bytes}", CultureInfo.InvariantCulture);
        Span<char> letters = stackalloc char[Tlv.TagBytesMax];
        for (var index = 0; index < bytes; index++) letters[index] = (char)((key >> (8 * (bytes - 1 - index))) & 0xFF);
        return new string(letters[..bytes]);
    }

    /// <summary>Index of the entry that covers the key; -1 if none does.</summary>
    public int IndexOf(uint key)
    {
        int low = 0, high = Parts.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            ref readonly var part = ref Parts[middle];
            if (key < part.First) high = middle - 1;
            else if (key > part.Last) low = middle + 1;
            else return middle;
        }

        return -1;
    }
}
