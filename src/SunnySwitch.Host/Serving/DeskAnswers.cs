using System.Diagnostics.CodeAnalysis;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Disruptor;
using SunnySwitch.Hsm.Desk;

namespace SunnySwitch.Host.Serving;

/// <summary>Brings what a desk says, later, to the kernel through the ring.</summary>
internal sealed class DeskAnswers(IClock clock) : IDeskAnswers
{
    private RingBuffer<Input>? _ring;
    private volatile bool _isStopped;

    /// <summary>Where the answers go; set before the kernel asks anything.</summary>
    public void Connect(RingBuffer<Input> ring) => _ring = ring;

    /// <summary>Nobody takes them any more.</summary>
    public void Stop() => _isStopped = true;

    /// <inheritdoc/>
    public void Put(long ticket, DeskAnswer answer, SecurityVerdicts verdicts, ReadOnlySpan<byte> data)
    {
        if (!TryClaim(InputKind.DeskAnswer, out var sequence, out var slot)) return;
        slot.Answered = new DeskAnswered { Ticket = ticket, Answer = answer, Verdicts = verdicts, DataBytes = (byte)data.Length };
        data.CopyTo(slot.Answered.Data);
        _ring!.Publish(sequence);
    }

    /// <summary>The same, of what other cells have counted.</summary>
    public void Put(long ticket, DeskAnswer answer, in SharedCounts counts)
    {
        if (!TryClaim(InputKind.SharedAnswer, out var sequence, out var slot)) return;
        slot.Answered = new DeskAnswered { Ticket = ticket, Answer = answer };
        slot.Transaction.Shared = counts;
        _ring!.Publish(sequence);
    }

    private bool TryClaim(InputKind kind, out long sequence, [MaybeNullWhen(false)] out Input slot)
    {
        var spin = new SpinWait();
        slot = null;
        // The kernel empties the ring whatever happens, until it stops.
        while (!_ring!.TryNext(1, out sequence))
        {
            if (_isStopped) return false;
            spin.SpinOnce();
        }

        slot = _ring[sequence];
        (slot.Kind, slot.ArrivedAt) = (kind, clock.Now);
        return true;
    }
}
