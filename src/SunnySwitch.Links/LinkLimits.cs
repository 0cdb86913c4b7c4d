using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Links;

/// <summary>What a link's connections may take before they are closed. Every limit has its default here.</summary>
public sealed record LinkLimits
{
    /// <summary>Longest message, bytes, header not counted. A longer announcement closes the connection before a byte of it is buffered.</summary>
    public int FrameBytesMax { get; init; } = 2048;

    /// <summary>Connections at a time; one more is closed at once.</summary>
    public int ConnectionsMax { get; init; } = 64;

    /// <summary>From the first byte of a frame to its last.</summary>
    public int FrameMillisecondsMax { get; init; } = 5_000;

    /// <summary>Without any byte received; 0 = never.</summary>
    public int IdleSecondsMax { get; init; } = 900;

    /// <summary>Undecodable messages without an answer in ten seconds.</summary>
    public int BadMessagesMax { get; init; } = 100;

    /// <summary>Messages of one connection in the ring; more wait in its socket, so that the others' do not wait behind them.</summary>
    public int InFlightMax { get; init; } = 512;

    /// <summary>From arrival to decision; later inputs are discarded undecided.</summary>
    public int? DeadlineMilliseconds { get; init; }

    /// <summary>Every wrong value, in words.</summary>
    public IEnumerable<string> Problems(string link)
    {
        if (FrameBytesMax is < 20 or > 8_192) yield return $"{link}.limits.frameBytesMax: 20 to 8192, is {FrameBytesMax}";
        if (ConnectionsMax is < 1 or > 16_384) yield return $"{link}.limits.connectionsMax: 1 to 16384, is {ConnectionsMax}";
        if (FrameMillisecondsMax is < 100 or > 600_000) yield return $"{link}.limits.frameMillisecondsMax: 100 to 600000, is {FrameMillisecondsMax}";
        if (IdleSecondsMax is < 0 or > 86_400) yield return $"{link}.limits.idleSecondsMax: 0 (never) to 86400, is {IdleSecondsMax}";
        if (BadMessagesMax is < 1 or > 1_000_000) yield return $"{link}.limits.badMessagesMax: 1 to 1000000, is {BadMessagesMax}";
        if (InFlightMax is < 1 or > 65_536) yield return $"{link}.limits.inFlightMax: 1 to 65536, is {InFlightMax}";
        if (DeadlineMilliseconds is < 10 or > 600_000) yield return $"{link}.limits.deadlineMilliseconds: 10 to 600000, is {DeadlineMilliseconds}";
    }
}

/// <summary>A link as it listens: where, for whom, with what limits.</summary>
/// <param name="Index">Position in the switch's list of links.</param>
/// <param name="Initial">What the kernel knows of it.</param>
/// <param name="Port">TCP port on the listening address; 0 lets the system choose.</param>
/// <param name="Limits">Its limits.</param>
public sealed record Link(int Index, Cell.LinkProfile Initial, int Port, LinkLimits Limits)
{
    private volatile Cell.LinkProfile _profile = Initial;

    /// <summary>How it speaks now; whoever reads it twice may see two versions of the dialect.</summary>
    public Cell.LinkProfile Profile => _profile;

    /// <summary>From the next read on, messages are decoded with another version of its dialect.</summary>
    public void Speak(Dialect dialect) => _profile = _profile with { Dialect = dialect };

    /// <summary>The configured name.</summary>
    public string Name => Profile.Terms.Name;
}
