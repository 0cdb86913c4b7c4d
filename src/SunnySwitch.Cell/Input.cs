using System.Runtime.CompilerServices;
using SunnySwitch.Core.Domain;
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

    /// <summary>What the HSM desk says of a request that waits.</summary>
    DeskAnswer = 5,

    /// <summary>What the shared desk says of one: <see cref="DeskAnswered.Ticket"/>, its Answer, and the transaction's Shared.</summary>
    SharedAnswer = 6,
}

/// <summary>What a request waits for at a desk.</summary>
internal enum DeskWait : byte
{
    Nothing, Verdicts, Chip, Mac, Counts,
}

/// <summary>What the HSM desk says, later, of a request that waits.</summary>
public struct DeskAnswered
{
    /// <summary>Which request.</summary>
    public long Ticket;

    /// <summary>On what it had brought, if that was asked.</summary>
    public SecurityVerdicts Verdicts;

    /// <summary>Done, or failed, or late: then what was asked for is not there.</summary>
    public DeskAnswer Answer;

    /// <summary>What the chip gets, or the MAC.</summary>
    public Bytes16 Data;

    /// <summary>Bytes of it.</summary>
    public byte DataBytes;
}

/// <summary>
/// One ring slot: preallocated, filled by an edge thread, read by the kernel thread. It holds no byte of the message
/// itself: what decisions read is numbers, and the answer's echo fields are in its draft already.
/// </summary>
/// <param name="signedBytesMax">Longest message with a MAC; 0 where no link has one.</param>
public sealed class Input(int signedBytesMax = 0)
{
    private ReplyBytes _reply;

    /// <summary>What it is.</summary>
    public InputKind Kind;

    /// <summary>Where DE38 and DE39 go in <see cref="Reply"/>.</summary>
    public ReplyDraft Draft;

    /// <summary>When the edge read it.</summary>
    public Instant ArrivedAt;

    /// <summary>The request as numbers, and where it came from.</summary>
    public Transaction Transaction = Transaction.WithEvidence(signedBytesMax);

    /// <summary>What it waits for.</summary>
    internal DeskWait Waits;

    /// <summary>What the chip gets: bytes of it, 0 for nothing, -1 while nobody was asked.</summary>
    internal int ChipBytes = -1;

    internal Bytes16 Chip;

    /// <summary>The answer's MAC: bytes of it, 0 while there is none.</summary>
    internal int MacBytes;

    internal Bytes16 Mac;

    /// <summary>For <see cref="InputKind.DeskAnswer"/> and <see cref="InputKind.SharedAnswer"/>.</summary>
    public DeskAnswered Answered;

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

    /// <summary>A new request: the HSM was asked for nothing yet.</summary>
    internal void Begin() => (Waits, ChipBytes, MacBytes) = (DeskWait.Nothing, -1, 0);

    /// <summary>Becomes another slot's request.</summary>
    internal void CopyFrom(Input other)
    {
        (Waits, ChipBytes, Chip, MacBytes, Mac) = (other.Waits, other.ChipBytes, other.Chip, other.MacBytes, other.Mac);
        Transaction.Become(in other.Transaction);
        SetReply(other.Draft, other.Reply);
        (Kind, ArrivedAt, Dialect) = (other.Kind, other.ArrivedAt, other.Dialect);
    }

    /// <summary>In the slot itself, beside the numbers: one stretch of memory that travels between cores.</summary>
    [InlineArray(ReplyEncoder.ReplyBytesMax)]
    private struct ReplyBytes
    {
        private byte _first;
    }
}
