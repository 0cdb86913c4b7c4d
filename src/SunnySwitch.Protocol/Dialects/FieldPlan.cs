namespace SunnySwitch.Protocol.Dialects;

/// <summary>What a field holds, ISO 8583:1987 clause 4 (attributes).</summary>
public enum FieldType : byte
{
    /// <summary>The dialect does not define the field.</summary>
    Undefined,
    /// <summary><c>n</c>: decimal digits.</summary>
    Digits,
    /// <summary><c>an</c>, <c>ans</c>: printable characters, 0x20 to 0x7E.</summary>
    Text,
    /// <summary><c>b</c>: bytes.</summary>
    Binary,
    /// <summary><c>z</c>: track data, digits and separators.</summary>
    Track,
    /// <summary><c>x+n</c>: C or D, then digits.</summary>
    Signed,
}

/// <summary>How content bytes are checked: the decoder's small opcode, one per pair of type and encoding.</summary>
internal enum ContentCheck : byte
{
    /// <summary>Not defined: the decoder stops here.</summary>
    Undefined,
    /// <summary>Every byte in a range: ASCII digits, printable text.</summary>
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
}

/// <summary>How a length prefix is written; fixed fields have none.</summary>
internal enum PrefixForm : byte
{
    /// <summary>Fixed length.</summary>
    None,
    /// <summary>ASCII digits, one byte each.</summary>
    Ascii,
    /// <summary>Packed digits, an odd count padded left with 0.</summary>
    Bcd,
}

/// <summary>One field of a dialect, compiled: what the decoder and writer need, 12 bytes, no reference.</summary>
internal struct FieldPlan
{
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
    /// <summary>Lowest byte allowed when the check is <see cref="ContentCheck.Range"/>.</summary>
    public readonly byte RangeLow => Type == FieldType.Digits ? (byte)'0' : (byte)' ';
    /// <summary>Highest byte allowed less the lowest.</summary>
    public readonly byte RangeWidth => Type == FieldType.Digits ? (byte)9 : (byte)('~' - ' ');
    /// <summary>Fewest bytes of the whole field: all of a fixed one, the prefix of a variable one.</summary>
    public ushort RawBytesMin;
    /// <summary>Most bytes of the whole field less the fewest.</summary>
    public ushort RawBytesSpread;
    /// <summary>True if digits are packed two to a byte.</summary>
    public readonly bool IsPacked => NibblesPerUnit == 1;
    /// <summary>True if the field has no length prefix.</summary>
    public readonly bool IsFixed => Prefix == PrefixForm.None;
    /// <summary>Bytes on the wire of that many units, without the prefix.</summary>
    public readonly int BytesOf(int units) => (units * NibblesPerUnit + 1) >> 1;
}
