using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// A reversal was here before its original.
/// <code>
/// 0 original's key primary 8 | 8 previous 4 | 12 link 4 | 16 card 4 | 20 unused 4 | 24
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct TombstoneEntry : IFifoEntry
{
    public const int Bytes = 24;
    [FieldOffset(0)] private ulong _primary;
    [FieldOffset(8)] private uint _previous;
    [FieldOffset(12)] public uint Link;
    [FieldOffset(16)] public int Card;

    public ulong Primary { readonly get => _primary; init => _primary = value; }

    public uint Previous { readonly get => _previous; set => _previous = value; }

    public readonly UInt128 Mix(long number)
    {
        var mix = new Mix((ulong)StateTable.Tombstones);
        mix.Add((ulong)number, _primary);
        mix.Add(Link, (uint)Card);
        return mix.Finish();
    }
}

/// <summary>Tombstones by what DE90 named, two business dates long, bounded per link.</summary>
internal sealed class TombstoneTable(int tombstonesMax, int perLinkMax, bool touch)
{
    private const int LinksMax = 4096;
    private readonly uint[] _links = new uint[LinksMax];
    private readonly int[] _today = new int[LinksMax];
    private readonly int[] _previousDay = new int[LinksMax];
    private int _linksSeen;

    public readonly FifoHash<TombstoneEntry> Entries = new("tables.tombstones", tombstonesMax, touch);

    public bool Has(ulong primary)
    {
        if (Entries.Live == 0) return false;   // The usual case: no look into memory that is cold.
        for (var number = Entries.First(primary); number != 0; number = Entries.After(number))
        {
            if (Entries[number].Primary == primary) return true;
        }

        return false;
    }

    public bool IsFullFor(uint link)
    {
        if (Entries.IsFull) return true;
        var index = IndexOf(link);
        return index < 0 ? _linksSeen == LinksMax : _today[index] + _previousDay[index] >= perLinkMax;
    }

    public void Add(ulong primary, uint link, int card)
    {
        var index = IndexOf(link);
        if (index < 0)
        {
            Must.Hold(_linksSeen < LinksMax);
            index = _linksSeen++;
            _links[index] = link;
        }

        _today[index]++;
        Entries.Append(new TombstoneEntry { Primary = primary, Link = link, Card = card });
    }

    /// <summary>As <see cref="FifoHash{TEntry}.OpenDay"/>; the counts per link follow.</summary>
    public void OpenDay()
    {
        Entries.OpenDay();
        _today.AsSpan().CopyTo(_previousDay);
        _today.AsSpan().Clear();
    }

    /// <summary>Links that ever had a tombstone.</summary>
    public int LinksSeen => _linksSeen;

    public void Write(ImageWriter image)
    {
        Entries.Write(image);
        image.AddAll<uint>(_links.AsSpan(0, _linksSeen));
    }

    public void Read(ImageReader image, in FifoRange range, int linksSeen)
    {
        Must.Hold(linksSeen <= LinksMax);
        Entries.Read(image, in range);
        image.Fill(_links.AsSpan(0, linksSeen));
        _linksSeen = linksSeen;
        for (var number = range.LiveFirst; number < range.Next; number++)
        {
            var counts = number >= range.TodayFirst ? _today : _previousDay;
            counts[IndexOf(Entries[number].Link)]++;
        }
    }

    // Links are few, and only a reversal without original asks.
    private int IndexOf(uint link) => _links.AsSpan(0, _linksSeen).IndexOf(link);
}
