using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace SunnySwitch.Links;

/// <summary>
/// One TCP connection of a link. Its reading side belongs to the network's threads; its <see cref="Output"/> to the
/// kernel thread alone, from the first input until <see cref="Released"/>.
/// </summary>
internal sealed class Connection(Link link, int slot, uint generation, ConnectionContext context) : IThreadPoolWorkItem
{
    private int _closeReason;

    /// <summary>Ticks of the environment's millisecond counter when the unfinished frame began; 0 when none is under way.</summary>
    public long PartialSince;

    /// <summary>When bytes last came.</summary>
    public long LastReceived = Environment.TickCount64;

    /// <summary>When a keep-alive was last answered; null: never.</summary>
    public Instant? KeepAliveAnsweredAt;

    /// <summary>When a message that came back was last logged; null: never.</summary>
    public Instant? RejectLoggedAt;

    /// <summary>Frames taken from it.</summary>
    public long FramesIn;

    public Link Link => link;
    public int Slot => slot;
    public uint Generation => generation;
    public PipeWriter Output { get; } = context.Transport.Output;
    public PipeReader Input { get; } = context.Transport.Input;

    /// <summary>What of it is in the ring.</summary>
    public InFlight InFlight { get; } = new();

    /// <summary>Completed by the kernel when it will not touch the connection again.</summary>
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Words for the log, when the reason alone does not say enough.</summary>
    public string? CloseDetail { get; private set; }

    public LinkCloseReason CloseReason => (LinkCloseReason)Volatile.Read(ref _closeReason);

    /// <summary>The first reason counts. True if it is this one.</summary>
    public bool TrySetReason(LinkCloseReason reason, string? detail = null)
    {
        if (Interlocked.CompareExchange(ref _closeReason, (int)reason, 0) != 0) return false;
        CloseDetail = detail;
        return true;
    }

    /// <summary>Ends the reading side; what was read is still answered.</summary>
    public void StopReading(LinkCloseReason reason)
    {
        TrySetReason(reason);
        Input.CancelPendingRead();
    }

    /// <summary>The peer left more unread than the transport may hold.</summary>
    public void NoteUnread() => AbortSoon(LinkCloseReason.SlowReader, "the peer does not read its answers");

    /// <summary>Cuts the connection from another thread's stack: socket work never runs on the caller's.</summary>
    public void AbortSoon(LinkCloseReason reason, string? detail = null)
    {
        if (TrySetReason(reason, detail)) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => context.Abort(new ConnectionAbortedException($"closed: {CloseReason}"));
}
