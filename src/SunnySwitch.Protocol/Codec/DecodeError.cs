namespace SunnySwitch.Protocol.Codec;

/// <summary>Why a message was refused. The names are a contract: they appear in <c>sunny decode --json</c>.</summary>
public enum DecodeError : byte
{
    /// <summary>Not refused.</summary>
    None,
    /// <summary>
    /// The bytes end inside the field, or those of the field inside its part; the offset is that of the first missing byte.
    /// </summary>
    Truncated,
    /// <summary>The MTI (field 0) is not four digits.</summary>
    BadMti,
    /// <summary>
    /// A bitmap (field 1, or a field's own) in hex text holds something else than 0-9, A-F; lower case is refused. Or a chain of
    /// a field's own bitmaps has no end.
    /// </summary>
    BadBitmap,
    /// <summary>A length is no number in the form that the dialect says, or smaller than itself.</summary>
    BadLengthDigits,
    /// <summary>
    /// A length announces more than the field may hold; the offset is the length's, or the tag's. Without a field: over
    /// 65,535 bytes.
    /// </summary>
    LengthOverMax,
    /// <summary>
    /// A field or part is announced that the dialect lacks, or whose tag it refuses; the offset is that of the bitmap's byte, or
    /// the tag's.
    /// </summary>
    UndefinedField,
    /// <summary>A character or nibble outside the field's set.</summary>
    BadDigit,
    /// <summary>The pad nibble of an odd count of packed digits is not what the dialect says.</summary>
    BadPadding,
    /// <summary>Bytes are left over after the last field, and no field is at fault; or after the last part of one.</summary>
    TrailingBytes,
    /// <summary>A field is not BER-TLV (found when it is opened: the message itself decodes).</summary>
    BadTlv,
}
