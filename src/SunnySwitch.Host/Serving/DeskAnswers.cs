using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Disruptor;
using SunnySwitch.Hsm.Desk;

namespace SunnySwitch.Host.Serving;

/// <summary>Brings what the HSM says, later, to the kernel through the ring.</summary>
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
        var ring = _ring!;
        var spin = new SpinWait();
        long sequence;
        // The kernel empties the ring whatever happens, until it stops.
        while (!ring.TryNext(1, out sequence))
        {
            if (_isStopped) return;
            spin.SpinOnce();
        }

        var slot = ring[sequence];
        slot.Kind = InputKind.DeskAnswer;
        slot.ArrivedAt = clock.Now;
        slot.Answered = new DeskAnswered { Ticket = ticket, Answer = answer, Verdicts = verdicts, DataBytes = (byte)data.Length };
        data.CopyTo(slot.Answered.Data);
        ring.Publish(sequence);
    }
}
