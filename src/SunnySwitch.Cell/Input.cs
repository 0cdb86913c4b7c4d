using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Codec;

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
}

/// <summary>One ring slot: preallocated, filled by an edge thread, read by the kernel thread.</summary>
public sealed class Input
{
    private readonly byte[] _message;

    /// <summary>Makes a slot for messages of up to <paramref name="messageBytesMax"/> bytes.</summary>
    public Input(int messageBytesMax) => _message = new byte[messageBytesMax];

    /// <summary>What it is.</summary>
    public InputKind Kind;

    /// <summary>When the edge read it.</summary>
    public Instant ArrivedAt;

    /// <summary>The request as numbers, and where it came from.</summary>
    public Transaction Transaction;

    /// <summary>Where the fields lie in <see cref="Message"/>.</summary>
    public FieldTable Fields;

    /// <summary>The command, when <see cref="Kind"/> says so.</summary>
    public OperatorCommand? Command;

    private int _messageBytes;

    /// <summary>The message as received, without framing.</summary>
    public ReadOnlySpan<byte> Message => _message.AsSpan(0, _messageBytes);

    /// <summary>Copies the received bytes in. They fit: the link's frame limit is not above the slot's size.</summary>
    public void CopyMessage(ReadOnlySpan<byte> message)
    {
        message.CopyTo(_message);
        _messageBytes = message.Length;
    }
}
