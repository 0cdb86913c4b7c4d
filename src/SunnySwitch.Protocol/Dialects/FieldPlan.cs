namespace SunnySwitch.Protocol.Dialects;

/// <summary>What a field holds, ISO 8583:1987 clause 4 (attributes).</summary>
public enum FieldType : byte
{
    /// <summary>The dialect does not define the field.</summary>
    Undefined,
    /// <summary><c>n</c>: decimal digits.</summary>
    Digits,
    /// <summary><c>an</c>, <c>ans</c>: printable characters, 0x20 to 0x7E of ISO 646.</summary>
    Text,
    /// <summary><c>b</c>: bytes.</summary>
    Binary,
    /// <summary><c>z</c>: track data, digits and separators.</summary>
    Track,
    /// <summary><c>x+n</c>: C or D, then digits.</summary>
    Signed,
    /// <summary>
    /// <c>s</c>: digits, the last of which may carry the sign as an overpunch: <c>{</c>, A to I positive, <c>}</c>, J to R
    /// negative.
    /// </summary>
    Overpunch,
}

/// <summary>How a field's content is written on the wire.</summary>
internal enum FieldEncoding : byte
{
    /// <summary>ISO 646, one byte a character; also the hex text of bytes.</summary>
    Ascii,
    /// <summary>EBCDIC code page 1047.</summary>
    Ebcdic1047,
    /// <summary>EBCDIC code page 037: differs from 1047 in <c>[ ] ^</c> only, as far as characters here go.</summary>
    Ebcdic037,
    /// <summary>Bytes as they are.</summary>
    Raw,
    /// <summary>Two digits a byte, an odd count padded left with 0.</summary>
    PackedLeft0,
    /// <summary>Two digits a byte, an odd count padded left with F.</summary>
    PackedLeftF,
    /// <summary>Two digits a byte, an odd count padded right with 0.</summary>
    PackedRight0,
    /// <summary>Two digits a byte, an odd count padded right with F.</summary>
    PackedRightF,
}

/// <summary>How content bytes are checked: the decoder's small opcode.</summary>
internal enum ContentCheck : byte
{
    /// <summary>Not defined: the decoder stops here.</summary>
    Undefined,
    /// <summary>Every byte in a range: ASCII digits, printable ASCII text.</summary>
    Range,
    /// <summary>Packed digits, an odd count padded left with 0.</summary>
    Bcd,
    /// <summary>Any byte.</summary>
    None,
    /// <summary>Upper-case hex characters.</summary>
    Hex,
    /// <summary>ASCII digits, = or D.</summary>
    Track,
    /// <summary>Nibbles 0 to 9 or D, an odd count padded left with 0.</summary>
    BcdTrack,
    /// <summary>C or D, then ASCII digits.</summary>
    Signed,
    /// <summary>EBCDIC digits.</summary>
    EbcdicDigits,
    /// <summary>Printable EBCDIC text.</summary>
    EbcdicText,
    /// <summary>By type and encoding, byte by byte: every form that is not on a hot path.</summary>
    ByByte,
}

/// <summary>How a length prefix is written; fixed fields have none.</summary>
internal enum PrefixForm : byte
{
    /// <summary>Fixed length.</summary>
    None,
    /// <summary>Two or three ASCII digits.</summary>
    Ascii,
    /// <summary>Two or three packed digits, an odd count padded left with 0.</summary>
    Bcd,
    /// <summary>ASCII digits in any other number.</summary>
    AsciiAny,
    /// <summary>Packed digits in any other number.</summary>
    BcdAny,
    /// <summary>EBCDIC digits.</summary>
    Ebcdic,
    /// <summary>A big-endian number.</summary>
    Binary,
    /// <summary>Upper-case hex characters, ASCII.</summary>
    Hex,
    /// <summary>Upper-case hex characters, EBCDIC.</summary>
    HexEbcdic,
    /// <summary>None: the length stands with the part's tag.</summary>
    OfTag,
}

/// <summary>Rarer traits of a field.</summary>
[Flags]
internal enum FieldTraits : byte
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>The length on the wire counts its own bytes too.</summary>
    LengthCountsItself = 1,
    /// <summary>Leniency <c>pad-nibble</c>: the pad nibble is not looked at.</summary>
    AnyPad = 2,
    /// <summary>Leniency <c>lower-case-hex</c>.</summary>
    LowerHex = 4,
    /// <summary>The packed count is odd in the file: <c>LLL</c>, <c>LLLLL</c>, so the first nibble is spare.</summary>
    OddPrefix = 8,
    /// <summary>The field has no value of its own: people see its parts.</summary>
    OnlyParts = 16,
}

/// <summary>One field of a dialect, compiled: what the decoder and writer need, 16 bytes, no reference.</summary>
internal struct FieldPlan
{
    /// <summary>Longest content in units: no message is longer, and offsets and counts are 16 bits.</summary>
    public const int UnitsLimit = ushort.MaxValue;

    /// <summary>
    /// Opcode of the content check; <see cref="ContentCheck.Undefined"/> for a field that is not there.
    /// </summary>
    public ContentCheck Check;
    /// <summary>Form of the length prefix.</summary>
    public PrefixForm Prefix;
    /// <summary>Bytes of the length prefix; 0 for fixed fields.</summary>
    public byte PrefixBytes;
    /// <summary>Nibbles on the wire per unit: 1 packed, 2 one byte each, 4 hex text of bytes.</summary>
    public byte NibblesPerUnit;
    /// <summary>Most units (digits, characters or bytes); the exact count for fixed fields.</summary>
    public ushort UnitsMax;
    /// <summary>Type as people know it.</summary>
    public FieldType Type;
    /// <summary>How the content is written.</summary>
    public FieldEncoding Encoding;
    /// <summary>Lowest byte allowed when the check is <see cref="ContentCheck.Range"/>.</summary>
    public readonly byte RangeLow => Type == FieldType.Digits ? (byte)'0' : (byte)' ';
    /// <summary>Highest byte allowed less the lowest.</summary>
    public readonly byte RangeWidth => Type == FieldType.Digits ? (byte)9 : (byte)('~' - ' ');
    /// <summary>Fewest bytes of the whole field: all of a fixed one, the prefix of a variable one.</summary>
    public ushort RawBytesMin;
    /// <summary>Most bytes of the whole field less the fewest.</summary>
    public ushort RawBytesSpread;
    /// <summary>Index into the dialect's compositions; 0 if the content has no parts.</summary>
    public ushort Parts;
    /// <summary>Rarer traits.</summary>
    public FieldTraits Traits;
    /// <summary>What people may see of a part; see <see cref="MaskRule"/>.</summary>
    public MaskRule Mask;
    /// <summary>True if digits are packed two to a byte.</summary>
    public readonly bool IsPacked => NibblesPerUnit == 1;
    /// <summary>True if the text is EBCDIC.</summary>
    public readonly bool IsEbcdic => Encoding is FieldEncoding.Ebcdic1047 or FieldEncoding.Ebcdic037;
    /// <summary>True if an odd count is padded on the right.</summary>
    public readonly bool PadsRight => Encoding is FieldEncoding.PackedRight0 or FieldEncoding.PackedRightF;
    /// <summary>The nibble that pads an odd count.</summary>
    public readonly int PadNibble => Encoding is FieldEncoding.PackedLeftF or FieldEncoding.PackedRightF ? 0x0F : 0;
    /// <summary>True if the field has no length prefix.</summary>
    public readonly bool IsFixed => Prefix == PrefixForm.None;
    /// <summary>True if the trait is there.</summary>
    public readonly bool Has(FieldTraits trait) => (Traits & trait) != 0;
    /// <summary>Bytes on the wire of that many units, without the prefix.</summary>
    public readonly int BytesOf(int units) => (units * NibblesPerUnit + 1) >> 1;
    /// <summary>
    /// Units that fill these bytes, where only bytes are counted: packed digits fill them all, but for one pad nibble F on
    /// the right.
    /// </summary>
    public readonly int UnitsOf(ReadOnlySpan<byte> content)
    {
        if (NibblesPerUnit == 2) return content.Length;
        if (NibblesPerUnit == 4) return content.Length / 2;
        if (content.IsEmpty) return 0;
        if (IsFixed) return content.Length == BytesOf(UnitsMax) ? UnitsMax : content.Length * 2;
        var isPadded = Encoding == FieldEncoding.PackedRightF && (content[^1] & 0x0F) == 0x0F;
        return content.Length * 2 - (isPadded ? 1 : 0);
    }
}

/// <summary>What a dialect says people may see of a part. Nothing said: it is hidden.</summary>
internal enum MaskRule : byte
{
    /// <summary>Not said.</summary>
    Unsaid,
    /// <summary>Shown, with digits that look like a PAN hidden.</summary>
    Search,
    /// <summary>First six and last four digits.</summary>
    Pan,
    /// <summary>PAN as above, then nothing.</summary>
    Track2,
    /// <summary>Hidden.</summary>
    Hide,
}
