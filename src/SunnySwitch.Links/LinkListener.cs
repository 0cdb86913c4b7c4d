using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Disruptor;
using SunnySwitch.Links.Tls;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Links;

/// <summary>
/// Reads connections: cuts and decodes frames, then claims ring slots once per stretch, copies and publishes.
/// One instance serves all links of a switch; its methods run on the network's threads.
/// </summary>
public sealed class LinkListener
{
    private const int JoinedBytesMax = 64 * 1024;
    private const long BadMessagesWindowMilliseconds = 10_000;
    private const long ClosingMillisecondsMax = 2_000;

    private readonly RingBuffer<Input> _ring;
    private readonly ConnectionTable _connections;
    private readonly IClock _clock;
    private readonly ILogger _logger;
    private readonly Func<IPanTokens> _newTokens;
    private readonly int _signedBytesMax;
    private readonly Action<StopToProtectDataException> _stop;
    private readonly ConcurrentQueue<Desk> _desks = new();
    private readonly ConcurrentQueue<(long Until, ConnectionContext Context)> _closing = new();
    private volatile bool _stopping;

    /// <summary>Puts the parts together.</summary>
    /// <param name="links">All links.</param>
    /// <param name="ring">Where inputs go.</param>
    /// <param name="connections">The connections of all links.</param>
    /// <param name="clock">The switch's clock.</param>
    /// <param name="logger">For openings and closings.</param>
    /// <param name="newTokens">Makes a tokeniser for one network thread.</param>
    /// <param name="stop">Stops the process when an invariant broke.</param>
    public LinkListener(
        IReadOnlyList<Link> links, RingBuffer<Input> ring, ConnectionTable connections, IClock clock, ILogger logger,
        Func<IPanTokens> newTokens, Action<StopToProtectDataException> stop)
    {
        _ring = ring;
        _connections = connections;
        _clock = clock;
        _logger = logger;
        _newTokens = newTokens;
        _signedBytesMax = links.Any(link => link.Profile.Terms.MacRequired) ? Intake.SignedBytesMax : 0;
        _stop = stop;
        Counters = new LinkCounters(links.Count);
    }

    /// <summary>What the network's threads count.</summary>
    public LinkCounters Counters { get; }

    /// <summary>What one network thread needs while it parses.</summary>
    private sealed class Desk(IPanTokens tokens, int signedBytesMax)
    {
        public readonly Intake Intake = new(tokens, signedBytesMax);
        public readonly byte[] Joined = GC.AllocateUninitializedArray<byte>(JoinedBytesMax);
    }

    /// <summary>Serves one connection until it ends, and says why it ended.</summary>
    public async Task Serve(Link link, ConnectionContext context)
    {
        var peer = context.RemoteEndPoint?.ToString() ?? "unknown";
        var connection = _stopping ? null : _connections.TryEnter(link, context);
        if (connection is null)
        {
            Counters.Closed(link.Index, _stopping ? LinkCloseReason.Stopping : LinkCloseReason.TooManyConnections);
            if (!_stopping) LinkLog.Refused(_logger, link.Name, peer, link.Limits.ConnectionsMax);
            context.Abort();
            return;
        }

        if (context.Transport is TlsDuplex tls) tls.OnUnread = connection.NoteUnread;
        Counters.Opened(link.Index);
        LinkLog.Opened(_logger, link.Name, connection.Slot, peer);
        await ReadUntilEnd(connection).ConfigureAwait(false);
        await PublishEnd(connection).ConfigureAwait(false);
        await connection.Released.Task.ConfigureAwait(false);
        _connections.Leave(connection);
        LogEnd(connection);
        CutSoon(context);
    }

    /// <summary>Serves one connection behind TLS, if its client may come in.</summary>
    public async Task Serve(TlsGate gate, ConnectionContext context)
    {
        await gate.Serve(context, _logger, Serve).ConfigureAwait(false);
        CutSoon(context);
    }

    /// <summary>Takes no new connection and no new frame; what was read is answered.</summary>
    public void Drain()
    {
        _stopping = true;
        foreach (var connection in _connections.Open()) connection.StopReading(LinkCloseReason.Stopping);
    }

    /// <summary>The transport sends what is left and closes; a peer that does not read gets cut after a grace period.</summary>
    private void CutSoon(ConnectionContext context) => _closing.Enqueue((Environment.TickCount64 + ClosingMillisecondsMax, context));

    /// <summary>Closes connections that overstay a limit. Called a few times a second by the host.</summary>
    public void CloseOverdue()
    {
        var now = Environment.TickCount64;
        while (_closing.TryPeek(out var first) && first.Until < now && _closing.TryDequeue(out first)) first.Context.Abort();
        foreach (var connection in _connections.Open())
        {
            var limits = connection.Link.Limits;
            var partialSince = Volatile.Read(ref connection.PartialSince);
            if (partialSince != 0 && now - partialSince > limits.FrameMillisecondsMax)
            {
                connection.AbortSoon(LinkCloseReason.FrameTooSlow, $"a frame was not complete {limits.FrameMillisecondsMax} ms after its first byte");
            }
            else if (limits.IdleSecondsMax > 0 && now - Volatile.Read(ref connection.LastReceived) > limits.IdleSecondsMax * 1000L)
            {
                connection.AbortSoon(LinkCloseReason.IdleTooLong, $"nothing received for {limits.IdleSecondsMax} s");
            }
        }
    }

    private async Task ReadUntilEnd(Connection connection)
    {
        try
        {
            var bad = new BadMessages(connection.Link.Limits.BadMessagesMax);
            while (true)
            {
                var result = await connection.Input.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled) return;
                var wanted = TakeFrames(connection, result.Buffer, ref bad, out var consumed, out var starved);
                if (connection.CloseReason != LinkCloseReason.None) return;
                connection.Input.AdvanceTo(consumed, starved ? consumed : result.Buffer.End);
                if (starved) await WaitForRing(connection, wanted).ConfigureAwait(false);
                else if (result.IsCompleted)
                {
                    connection.TrySetReason(LinkCloseReason.PeerClosed);
                    return;
                }
            }
        }
        catch (Exception error) when (error is IOException or ConnectionAbortedException or ConnectionResetException or OperationCanceledException)
        {
            connection.TrySetReason(LinkCloseReason.PeerClosed, "the connection was reset");
        }
        catch (AuthenticationException broken)
        {
            // TLS after the handshake: the other side wants to begin anew, or its records are damaged.
            connection.TrySetReason(LinkCloseReason.TransportFailed, broken.Message);
        }
        catch (StopToProtectDataException broken)
        {
            _stop(broken);
        }
        catch (Exception unknown) when (unknown is not OutOfMemoryException)
        {
            // An unknown error ends the link, nothing else: the position in its stream cannot be trusted any more.
            connection.TrySetReason(LinkCloseReason.UnknownError, $"{unknown.GetType().Name}: {unknown.Message}");
        }
    }

    /// <summary>
    /// Overwrites what was read: tracks, codes and PIN blocks stay in no buffer of the network, which is used again much later.
    /// </summary>
    private static void Forget(ReadOnlySequence<byte> consumed)
    {
        foreach (var piece in consumed) MemoryMarshal.AsMemory(piece).Span.Clear();
    }

    /// <summary>Takes all whole frames from <paramref name="buffer"/>. When the ring is full, says how many slots it wanted.</summary>
    private int TakeFrames(
        Connection connection, ReadOnlySequence<byte> buffer, ref BadMessages bad, out SequencePosition consumed, out bool starved)
    {
        Volatile.Write(ref connection.LastReceived, Environment.TickCount64);
        if (!_desks.TryDequeue(out var desk)) desk = new Desk(_newTokens(), _signedBytesMax);
        var arrivedAt = _clock.Now;
        var before = connection.FramesIn;
        var progressed = false;
        starved = false;
        var wanted = 0;
        while (!buffer.IsEmpty)
        {
            if (HasEnough(connection))
            {
                starved = true;
                break;
            }

            var received = Join(buffer, desk, out var isAll);
            var staged = desk.Intake.Stage(connection.Link.Profile, received);
            if (staged.Frames > 0 && !TryPublish(connection, desk.Intake, staged.Frames, arrivedAt))
            {
                wanted = staged.Frames;
                starved = true;
                break;
            }

            if (!buffer.IsSingleSegment) desk.Joined.AsSpan(0, received.Length).Clear();
            Forget(buffer.Slice(0, staged.ConsumedBytes));
            buffer = buffer.Slice(staged.ConsumedBytes);
            progressed |= staged.ConsumedBytes > 0;
            connection.FramesIn += staged.Frames;
            if (staged.Unanswerable > 0) CountBad(connection, staged.Unanswerable, ref bad);
            if (staged.KeepAlives > 0) TakeKeepAlives(connection, staged.KeepAlives, arrivedAt);
            if (staged.Rejected > 0) NoteRejected(connection, in staged, arrivedAt);
            foreach (var (field, tag) in desk.Intake.UnknownTags) Counters.UnknownTags.Count(connection.Link.Index, (byte)field, tag);
            if (CloseFor(connection, staged.Status)) break;
            if (staged.Status == FrameStatus.NeedMore && isAll) break;
        }

        _desks.Enqueue(desk);
        consumed = buffer.Start;
        NotePartial(connection, isPartial: !starved && !buffer.IsEmpty, progressed);
        Counters.FramesIn(connection.Link.Index, connection.FramesIn - before);
        return wanted;
    }

    private static ReadOnlySpan<byte> Join(ReadOnlySequence<byte> buffer, Desk desk, out bool isAll)
    {
        isAll = true;
        if (buffer.IsSingleSegment) return buffer.FirstSpan;
        if (buffer.Length > JoinedBytesMax)
        {
            isAll = false;
            buffer = buffer.Slice(0, JoinedBytesMax);
        }

        buffer.CopyTo(desk.Joined);
        return desk.Joined.AsSpan(0, (int)buffer.Length);
    }

    private bool TryPublish(Connection connection, Intake intake, int frames, Instant arrivedAt)
    {
        if (!_ring.TryNext(frames, out var highest)) return false;
        var lowest = highest - frames + 1;
        for (var index = 0; index < frames; index++)
        {
            var slot = _ring[lowest + index];
            intake.Fill(index, slot);
            slot.ArrivedAt = arrivedAt;
            slot.Transaction.Connection = connection.Slot;
            slot.Transaction.Generation = connection.Generation;
            slot.Transaction.LinkIndex = connection.Link.Index;
        }

        connection.InFlight.Add(frames, highest);
        _ring.Publish(lowest, highest);
        return true;
    }

    /// <summary>
    /// At most one answer a second: it can be no answer to our answer, which comes at once where both sides answer.
    /// </summary>
    private void TakeKeepAlives(Connection connection, int count, Instant arrivedAt)
    {
        Counters.KeepAlives(connection.Link.Index, count);
        if (connection.Link.Profile.KeepAlives != KeepAlivePolicy.Answer) return;
        if (!IsSecondLater(connection.KeepAliveAnsweredAt, arrivedAt)) return;
        if (!_ring.TryNext(1, out var sequence)) return;   // The other side asks again.
        connection.KeepAliveAnsweredAt = arrivedAt;
        var slot = _ring[sequence];
        slot.Kind = InputKind.KeepAlive;
        slot.ArrivedAt = arrivedAt;
        slot.Transaction.Connection = connection.Slot;
        slot.Transaction.Generation = connection.Generation;
        slot.Transaction.LinkIndex = connection.Link.Index;
        connection.InFlight.Add(1, sequence);
        _ring.Publish(sequence);
    }

    /// <summary>Counts each; tells the log once a second, so that a hostile peer cannot fill it.</summary>
    private void NoteRejected(Connection connection, in Staged staged, Instant arrivedAt)
    {
        for (var index = 0; index < staged.Rejected; index++) Counters.Rejected.Count(connection.Link.Index, 0, (uint)staged.RejectCode);
        if (!IsSecondLater(connection.RejectLoggedAt, arrivedAt)) return;
        connection.RejectLoggedAt = arrivedAt;
        LinkLog.Rejected(_logger, connection.Link.Name, connection.Slot, staged.Rejected, staged.RejectCode);
    }

    // Never before counts as long ago.
    private static bool IsSecondLater(Instant? before, Instant now) =>
        before is not { } then || now.UnixNanos - then.UnixNanos >= Instant.NanosPerSecond;

    private static bool CloseFor(Connection connection, FrameStatus status)
    {
        switch (status)
        {
            case FrameStatus.Complete or FrameStatus.KeepAlive or FrameStatus.NeedMore: return connection.CloseReason != LinkCloseReason.None;
            case FrameStatus.TooLong:
                connection.TrySetReason(LinkCloseReason.FrameTooLong, $"a frame of more than {connection.Link.Limits.FrameBytesMax} bytes was announced");
                return true;
            default:
                var framing = connection.Link.Profile.Framing.Name;
                connection.TrySetReason(LinkCloseReason.FrameMalformed, $"what came is no frame of {framing}, or has length zero: is the framing right?");
                return true;
        }
    }

    private void CountBad(Connection connection, int count, ref BadMessages bad)
    {
        Counters.Undecodable(connection.Link.Index, count);
        if (bad.IsTooMany(count, Environment.TickCount64))
        {
            connection.TrySetReason(
                LinkCloseReason.TooManyBadMessages,
                $"{connection.Link.Limits.BadMessagesMax} undecodable messages in 10 s: is the dialect right?");
        }
    }

    private static void NotePartial(Connection connection, bool isPartial, bool progressed)
    {
        if (!isPartial) Volatile.Write(ref connection.PartialSince, 0);
        else if (progressed || connection.PartialSince == 0) Volatile.Write(ref connection.PartialSince, Math.Max(1, Environment.TickCount64));
    }

    /// <summary>More would make the others wait.</summary>
    private bool HasEnough(Connection connection) => connection.InFlight.Count(_ring.Handled) >= connection.Link.Limits.InFlightMax;

    private async Task WaitForRing(Connection connection, int slots)
    {
        Counters.Starved();
        while (!MayGoOn())
        {
            var woken = _connections.Starved.Join();
            if (MayGoOn()) return;
            await woken.ConfigureAwait(false);
        }

        bool MayGoOn() => _ring.RemainingCapacity >= slots && !HasEnough(connection);
    }

    private async Task PublishEnd(Connection connection)
    {
        long sequence;
        while (!_ring.TryNext(1, out sequence)) await WaitForRing(connection, 1).ConfigureAwait(false);
        var slot = _ring[sequence];
        slot.Kind = InputKind.ConnectionEnded;
        slot.ArrivedAt = _clock.Now;
        slot.Transaction.Connection = connection.Slot;
        slot.Transaction.Generation = connection.Generation;
        slot.Transaction.LinkIndex = connection.Link.Index;
        _ring.Publish(sequence);
    }

    private void LogEnd(Connection connection)
    {
        Counters.Closed(connection.Link.Index, connection.CloseReason);
        if (connection.CloseDetail is null) LinkLog.Closed(_logger, connection.Link.Name, connection.Slot, connection.CloseReason, connection.FramesIn);
        else LinkLog.ClosedByUs(_logger, connection.Link.Name, connection.Slot, connection.CloseReason, connection.FramesIn, connection.CloseDetail);
    }

    /// <summary>Undecodable messages within ten seconds.</summary>
    private struct BadMessages(int max)
    {
        private long _windowStart;
        private int _count;

        public bool IsTooMany(int count, long nowMilliseconds)
        {
            if (nowMilliseconds - _windowStart > BadMessagesWindowMilliseconds) (_windowStart, _count) = (nowMilliseconds, 0);
            _count += count;
            return _count >= max;
        }
    }
}
