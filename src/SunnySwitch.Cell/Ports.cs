using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Cell;

/// <summary>One configured link as the kernel sees it.</summary>
/// <param name="Terms">Name, acquirers, whether sign-on is required.</param>
/// <param name="Dialect">How its messages read.</param>
/// <param name="Framing">How its frames are cut.</param>
/// <param name="DeadlineNanos">Inputs older than this are discarded before they are decided.</param>
/// <param name="KeepAlives">What is done with frames of length zero.</param>
/// <param name="IsVerified">Whether there is anything that an HSM verifies of its messages: PINs, codes, cryptograms, MACs.</param>
public sealed record LinkProfile(
    LinkTerms Terms, Dialect Dialect, Framing Framing, long DeadlineNanos, KeepAlivePolicy KeepAlives = KeepAlivePolicy.Refuse,
    bool IsVerified = false);

/// <summary>What a link does with a frame of length zero.</summary>
public enum KeepAlivePolicy
{
    /// <summary>It is no frame of this link: close.</summary>
    Refuse,

    /// <summary>Send one back, at most once a second: two sides that both do so fall silent.</summary>
    Answer,

    /// <summary>Take it as a sign of life.</summary>
    Ignore,
}

/// <summary>The connections' outputs. Called by the kernel thread alone.</summary>
public interface ILinkDesk
{
    /// <summary>Space for one reply on that connection, at least <paramref name="bytes"/> long; empty when the connection is gone.</summary>
    Span<byte> Claim(int connection, uint generation, int bytes);

    /// <summary>The first <paramref name="bytes"/> of the claimed space are a reply. It does not leave yet.</summary>
    void Commit(int connection, int bytes);

    /// <summary>Lets everything committed leave. Called only behind the reply gate; never waits.</summary>
    void Flush(int connection);

    /// <summary>The kernel is done with that connection.</summary>
    void Release(int connection, uint generation);

    /// <summary>Ring slots are free again: wake the links that wait for some.</summary>
    void WakeStarved();
}

/// <summary>Time is a port: the host's monotonic clock, or the simulator's virtual one.</summary>
public interface IClock
{
    /// <summary>Never runs backwards.</summary>
    Instant Now { get; }
}
