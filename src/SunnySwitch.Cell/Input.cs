using System.Runtime.CompilerServices;
using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell;

/// <summary>What a ring slot holds.</summary>
public enum InputKind : byte
{
    /// <summary>Nothing: a slot that was claimed and not needed.</summary>
    None = 0,

    /// <summary>A decoded message, or one that failed to decode but can be answered with 30.</summary>
    Message = 1,

    /// <summary>The last input of a connection: after it the kernel never touches that connection again.</summary>
    ConnectionEnded = 2,

    /// <summary>An operator's command.</summary>
    Command = 3,

    /// <summary>The connection wants a keep-alive back. No decision, no frame of the journal.</summary>
    KeepAlive = 4,
}

/// <summary>
/// One ring slot: preallocated, filled by an edge thread, read by the kernel thread. It holds no byte of the message
/// itself: what decisions read is numbers, and the answer's echo fields are in its draft already.
/// </summary>
public sealed class Input
{
    private ReplyBytes _reply;

    /// <summary>What it is.</summary>
    public InputKind Kind;

    /// <summary>Where DE38 and DE39 go in <see cref="Reply"/>.</summary>
    public ReplyDraft Draft;

    /// <summary>When the edge read it.</summary>
    public Instant ArrivedAt;

    /// <summary>The request as numbers, and where it came from.</summary>
    public Transaction Transaction;

    /// <summary>The version of its dialect that a message was read with, and is answered with.</summary>
    public Dialect? Dialect;

    /// <summary>The command, when <see cref="Kind"/> says so.</summary>
    public OperatorCommand? Command;

    /// <summary>The answer's draft.</summary>
    public ReadOnlySpan<byte> Reply => ((ReadOnlySpan<byte>)_reply)[..Draft.Bytes];

    /// <summary>Copies a draft in.</summary>
    public void SetReply(ReplyDraft draft, ReadOnlySpan<byte> bytes)
    {
        Draft = draft;
        bytes[..draft.Bytes].CopyTo(_reply);
    }

    /// <summary>In the slot itself, beside the numbers: one stretch of memory that travels between cores.</summary>
    [InlineArray(ReplyEncoder.ReplyBytesMax)]
    private struct ReplyBytes
    {
        private byte _first;
    }
}
