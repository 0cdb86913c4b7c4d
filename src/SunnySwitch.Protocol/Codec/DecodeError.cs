namespace SunnySwitch.Protocol.Codec;

/// <summary>Why a message was refused. The names are a contract: they appear in <c>sunny decode --json</c>.</summary>
public enum DecodeError : byte
{
    /// <summary>Not refused.</summary>
    None,
    /// <summary>
    /// The bytes end inside the field; the offset is that of the first missing byte, the message's length.
    /// </summary>
    Truncated,
    /// <summary>The MTI (field 0) is not four digits.</summary>
    BadMti,
    /// <summary>A bitmap (field 1) in hex text holds something else than 0-9, A-F. Lower case is refused.</summary>
    BadBitmap,
    /// <summary>A length prefix is not decimal digits.</summary>
    BadLengthDigits,
    /// <summary>
    /// A length prefix announces more than the field may hold; the offset is the prefix's. Without a field: over 65,535
    /// bytes.
    /// </summary>
    LengthOverMax,
    /// <summary>The bitmap announces a field that the dialect lacks; the offset is that of the bitmap's byte.</summary>
    UndefinedField,
    /// <summary>A character or nibble outside the field's set.</summary>
    BadDigit,
    /// <summary>The pad nibble of an odd count of packed digits is not 0.</summary>
    BadPadding,
    /// <summary>Bytes are left over after the last field; no field is at fault.</summary>
    TrailingBytes,
    /// <summary>DE55 is not BER-TLV (when it is opened: the message itself decodes).</summary>
    BadTlv,
}
