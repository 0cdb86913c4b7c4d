using System.Runtime.CompilerServices;

namespace SunnySwitch.Protocol.Codec;

/// <summary>Where one field's content lies. Offsets fit 16 bits because a message has at most 65,535 bytes.</summary>
internal struct FieldEntry
{
    /// <summary>Offset of the content's first byte (after the length prefix).</summary>
    public ushort Start;
    /// <summary>Digits, characters or bytes by type.</summary>
    public ushort Units;
}

[InlineArray(FieldTable.EntriesMax)]
internal struct FieldEntries
{
    private FieldEntry _first;
}

/// <summary>
/// Offset table of one decoded message: one 4-byte entry per field present, at the field's rank in the bitmap. Holds no
/// reference to the bytes, so that it can lie in a ring slot beside them and be copied.
/// <code>
///   Mti | Present (the bitmaps) | entry of the lowest field | next | ...
/// </code>
/// </summary>
public struct FieldTable
{
    internal const int EntriesMax = FieldSet.FieldMax;

    /// <summary>Four BCD digits: 0x0100. 0 when it was not read.</summary>
    public ushort Mti;

    /// <summary>Fields decoded so far (all when the decode was ok). Bits that announce a bitmap are never set.</summary>
    public FieldSet Present;

    internal FieldEntries Entries;

    /// <summary>True if the field, 1 to 192, was decoded.</summary>
    public readonly bool Has(int field) => Present.Has(field);

    /// <summary>Copies the table, only the entries in use: about 100 bytes for a usual message.</summary>
    public readonly void CopyTo(ref FieldTable target)
    {
        target.Mti = Mti;
        target.Present = Present;
        var count = Present.Count;
        ReadOnlySpan<FieldEntry> source = Entries;
        Span<FieldEntry> room = target.Entries;
        source[..count].CopyTo(room);
    }

    /// <summary>Entry of a field that must be present.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly FieldEntry Entry(int field)
    {
        Must.Hold(Present.Has(field));
        return Entries[Present.Rank(field)];
    }
}
