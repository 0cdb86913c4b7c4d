namespace SunnySwitch.Core.Domain;

/// <summary>DE39 on the 1987 wire: two characters, first one in the low byte.</summary>
public readonly record struct ResponseCode(ushort Packed)
{
    /// <summary>Packs two ASCII characters.</summary>
    public static ResponseCode Of(char first, char second) => new((ushort)(first | (second << 8)));

    /// <summary>00.</summary>
    public static ResponseCode Approved => Of('0', '0');

    /// <summary>10: for less than was asked.</summary>
    public static ResponseCode ApprovedInPart => Of('1', '0');

    /// <inheritdoc/>
    public override string ToString() => $"{(char)(Packed & 0xFF)}{(char)(Packed >> 8)}";
}
