namespace SunnySwitch.Links;

/// <summary>What the network's threads count, by link.</summary>
public sealed class LinkCounters(int links)
{
    private static readonly int Reasons = Enum.GetValues<LinkCloseReason>().Length;
    private readonly long[] _closed = new long[links * Reasons];
    private readonly long[] _opened = new long[links];
    private readonly long[] _frames = new long[links];
    private readonly long[] _undecodable = new long[links];
    private readonly long[] _keepAlives = new long[links];
    private long _starved;

    /// <summary>Tags that neither a link's dialect nor EMV knows, by link, field and tag (0: parts that are broken).</summary>
    public Tally UnknownTags { get; } = new();

    /// <summary>Messages that came back under a reject header, by link and code.</summary>
    public Tally Rejected { get; } = new();

    internal void Opened(int link) => Interlocked.Increment(ref _opened[link]);

    internal void Closed(int link, LinkCloseReason reason) => Interlocked.Increment(ref _closed[(link * Reasons) + (int)reason]);

    internal void FramesIn(int link, long count) => Interlocked.Add(ref _frames[link], count);

    internal void Undecodable(int link, int count) => Interlocked.Add(ref _undecodable[link], count);

    internal void KeepAlives(int link, int count) => Interlocked.Add(ref _keepAlives[link], count);

    internal void Starved() => Interlocked.Increment(ref _starved);

    /// <summary>Connections opened on a link.</summary>
    public long OpenedOn(int link) => Volatile.Read(ref _opened[link]);

    /// <summary>Frames received on a link.</summary>
    public long FramesOn(int link) => Volatile.Read(ref _frames[link]);

    /// <summary>Messages of a link that were too broken to answer.</summary>
    public long UndecodableOn(int link) => Volatile.Read(ref _undecodable[link]);

    /// <summary>Frames of length zero that came on a link.</summary>
    public long KeepAlivesOn(int link) => Volatile.Read(ref _keepAlives[link]);

    /// <summary>Connections of a link closed for a reason.</summary>
    public long ClosedFor(int link, LinkCloseReason reason) => Volatile.Read(ref _closed[(link * Reasons) + (int)reason]);

    /// <summary>How often a link waited for the ring.</summary>
    public long StarvedTimes => Volatile.Read(ref _starved);
}
