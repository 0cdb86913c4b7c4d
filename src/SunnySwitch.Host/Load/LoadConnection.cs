using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Load;

/// <summary>What all connections of a generator thread share.</summary>
internal sealed record LoadShared(
    LoadOptions Options, Dialect Dialect, Framing Framing, LoadTally Tally, AnswerLog? Log, LoadSecurity? Security = null)
{
    /// <summary>Only requests intended at or after this are measured. Set before the first message.</summary>
    public long MeasureFrom { get; set; }

    /// <summary>Only answers before this count for the rate.</summary>
    public long MeasureTo { get; set; } = long.MaxValue;
}

/// <summary>
/// One connection of the generator: a window of outstanding requests, each in a slot of its own that holds the whole
/// frame as sent, so that an answer is compared with the very bytes it answers. Used by one thread.
/// </summary>
internal sealed class LoadConnection : IDisposable
{
    private const uint StanMax = 999_999;
    private const int ReceiveBytes = 128 * 1024;
    private const ushort AnswerMti = 0x0110;

    private readonly LoadShared _shared;
    private readonly LoadTally _tally;
    private readonly Socket _socket;
    private readonly PurchaseTemplate _template;
    private readonly int _frameBytes;
    private readonly Slot[] _slots;          // By STAN modulo their number: no look-up table, no search.
    private readonly uint _slotMask;
    private readonly byte[] _frames;         // One frame per slot.
    private readonly byte[] _sending;        // Room for the whole window: an append never has to wait.
    private readonly byte[] _received = new byte[ReceiveBytes];
    private FieldTable _answerTable;
    private AnswerShape _shape = AnswerShape.Empty;
    private int _sendFrom;
    private int _sendTo;
    private int _receivedBytes;
    private int _signedSeen;
    private uint _lastStan;
    private long _running;
    private ulong _random;
    private const long PreparedFrom = 500_000_000_000;
    private byte[] _prepared = [];
    private int _nextPrepared;
    private long _stampSecond = -1;
    private SecondStamp _stamp;

    /// <summary>A connection over a connected, non-blocking socket.</summary>
    public LoadConnection(LoadShared shared, Socket socket, string terminal, int index)
    {
        var options = shared.Options;
        _shared = shared;
        _tally = shared.Tally;
        _socket = socket;
        _template = new PurchaseTemplate(
            shared.Dialect, shared.Framing, new PurchaseShape(terminal, options.Acquirer, options.Chip, shared.Security is not null));
        _frameBytes = _template.Frame.Length;
        _random = (ulong)index * 0x9E37_79B9_7F4A_7C15 + 0x2545_F491_4F6C_DD1D;

        _slots = new Slot[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)options.Window)];
        _slotMask = (uint)_slots.Length - 1;
        _frames = new byte[_slots.Length * _frameBytes];
        _sending = new byte[options.Window * _frameBytes];
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            _slots[slot].StampSecond = -1;
            _template.Frame.CopyTo(_frames.AsSpan(slot * _frameBytes));
        }
    }

    /// <summary>Requests that wait for their answer.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Requests that may still go out now.</summary>
    public int Room => IsClosed ? 0 : _shared.Options.Window - Outstanding;

    /// <summary>True while the peer takes no more bytes; the rest goes out with a later <see cref="Flush"/>.</summary>
    public bool HasUnsent => _sendFrom < _sendTo;

    /// <summary>True once the peer has closed, or the bytes made no sense.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Appends one request to the send buffer. <see cref="Room"/> must be above 0.</summary>
    /// <param name="intendedAt">When it should have gone out; latency counts from here.</param>
    /// <param name="unixSecond">For DE7, DE12, DE13.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Append(long intendedAt, long unixSecond)
    {
        Must.Hold(Outstanding < _shared.Options.Window);
        if (_sendTo == _sendFrom) _sendTo = _sendFrom = 0;
        if (_sending.Length - _sendTo < _frameBytes) Compact();
        if (unixSecond != _stampSecond) (_stampSecond, _stamp) = (unixSecond, SecondStamp.Of(unixSecond));

        // The next number whose slot is free: a request that waits long costs numbers, never its place.
        var stan = _lastStan;
        do stan = stan == StanMax ? 1 : stan + 1;
        while (_slots[stan & _slotMask].IsOutstanding);
        _lastStan = stan;

        ref var slot = ref _slots[stan & _slotMask];
        var frame = _frames.AsSpan((int)(stan & _slotMask) * _frameBytes, _frameBytes);
        _random = _random * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407;
        var purchase = new Purchase(
            (int)((_random >> 32) * (ulong)_shared.Options.Cards >> 32), 100 + (long)(_random >> 20 & 4_095), stan,
            ++_running, _stamp);
        if (!TryPrepared(stan, frame))
        {
            _template.Patch(frame, purchase, withStamp: slot.StampSecond != unixSecond);
            if (_shared.Security is { } security) _template.Secure(frame, purchase.Card, security);
        }

        slot = new Slot { IntendedAt = intendedAt, StampSecond = unixSecond, Stan = stan, IsOutstanding = true };
        frame.CopyTo(_sending.AsSpan(_sendTo));
        _sendTo += _frameBytes;
        Outstanding++;
        _tally.Sent++;
    }

    /// <summary>Makes messages beforehand, so that only the switch has cryptography to do while it is measured.</summary>
    public void Prepare(int count, long unixSecond)
    {
        _prepared = new byte[(long)count * _frameBytes <= Array.MaxLength ? count * _frameBytes : 0];
        var stamp = SecondStamp.Of(unixSecond);
        for (var index = 0; index < _prepared.Length / _frameBytes; index++)
        {
            var frame = _prepared.AsSpan(index * _frameBytes, _frameBytes);
            _template.Frame.CopyTo(frame);
            _random = _random * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407;
            var card = (int)((_random >> 32) * (ulong)_shared.Options.Cards >> 32);
            // Its own running numbers, which no message made later has.
            var purchase = new Purchase(card, 100 + (long)(_random >> 20 & 4_095), (uint)index % StanMax + 1, PreparedFrom + index, stamp);
            _template.Patch(frame, purchase, withStamp: true);
            _template.Secure(frame, card, _shared.Security!);
        }
    }

    private bool TryPrepared(uint stan, Span<byte> frame)
    {
        if (_nextPrepared >= _prepared.Length || _template.StanOf(_prepared.AsSpan(_nextPrepared, _frameBytes)) != stan) return false;
        _prepared.AsSpan(_nextPrepared, _frameBytes).CopyTo(frame);
        _nextPrepared += _frameBytes;
        return true;
    }

    /// <summary>Hands the socket all that is due, in one call.</summary>
    public void Flush()
    {
        while (_sendFrom < _sendTo && !IsClosed)
        {
            var sent = _socket.Send(_sending.AsSpan(_sendFrom, _sendTo - _sendFrom), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return;
            if (error != SocketError.Success)
            {
                Close();
                return;
            }

            _sendFrom += sent;
        }
    }

    /// <summary>Takes what has arrived and checks each whole frame of it.</summary>
    public void Receive()
    {
        if (IsClosed) return;
        var bytes = _socket.Receive(_received.AsSpan(_receivedBytes), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return;
        if (error != SocketError.Success || bytes == 0)
        {
            Close();
            return;
        }

        _receivedBytes += bytes;
        TakeFrames(Clock.Nanos);
    }

    /// <summary>Counts what is still out as missing. Once, at the end.</summary>
    public void CountMissing()
    {
        _tally.Missing += Outstanding;
        Outstanding = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>Checks all whole frames received; keeps the rest for the next time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeFrames(long now)
    {
        var rest = _received.AsSpan(0, _receivedBytes);
        while (true)
        {
            var status = _shared.Framing.TryTakeFrame(rest, out var frame);
            if (status == FrameStatus.NeedMore) break;
            if (status != FrameStatus.Complete)
            {
                _tally.Undecodable++;
                Close();
                return;
            }

            if (_shared.Options.Echo) TakeEcho(rest[..frame.FrameBytes], now);
            else TakeAnswer(rest.Slice(frame.MessageStart, frame.MessageBytes), now);
            rest = rest[frame.FrameBytes..];
        }

        if (rest.Length > 0 && rest.Length < _receivedBytes) rest.CopyTo(_received);
        _receivedBytes = rest.Length;
    }

    private void TakeEcho(ReadOnlySpan<byte> frame, long now)
    {
        if (frame.Length != _frameBytes)
        {
            _tally.Unmatched++;
            return;
        }

        var stan = _template.StanOf(frame);
        if (!TryMatch(stan, out var slot)) return;
        var request = _frames.AsSpan(slot * _frameBytes, _frameBytes);
        if (frame.SequenceEqual(request)) _tally.Approved++;
        else _tally.EchoMismatch++;
        Finish(slot, now);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeAnswer(ReadOnlySpan<byte> message, long now)
    {
        if (_shape.TryRead(message, out var known) && TakeKnown(message, known, now)) return;
        if (!Decoder.Decode(_shared.Dialect, message, ref _answerTable).IsOk)
        {
            _tally.Undecodable++;
            return;
        }

        var answer = new MessageReader(_shared.Dialect, message, ref _answerTable);
        if (_answerTable.Mti != AnswerMti || !answer.Has(11) || !answer.Has(39))
        {
            _tally.Unmatched++;
            return;
        }

        if (!TryMatch((uint)answer.Number(11), out var slot)) return;
        var request = _frames.AsSpan(slot * _frameBytes + _template.HeaderBytes, _frameBytes - _template.HeaderBytes);
        if (!Repeats(answer, message, request) || !IsSigned(answer, message)) _tally.EchoMismatch++;
        else if (_shape.IsEmpty && _shared.Security is null) _shape = AnswerShape.Of(answer, message, _template.Echoed);
        CountCode(answer.Content(39));
        _shared.Log?.Add(answer);
        Finish(slot, now);
    }

    // Every sixteenth: the generator shares the processors with the switch.
    private bool IsSigned(MessageReader answer, ReadOnlySpan<byte> message)
    {
        if (_shared.Security is not { } security || (++_signedSeen & 15) != 1) return true;
        return answer.Has(64) && security.IsSigned(_shared.Dialect, message, answer.Content(64));
    }

    /// <summary>
    /// An answer laid out like one that was decoded before: same length, MTI and bitmap, and between its codes only runs
    /// of bytes that have to equal the request's. If they do, decoding it again could find nothing else.
    /// </summary>
    private bool TakeKnown(ReadOnlySpan<byte> message, uint stan, long now)
    {
        var slot = (int)(stan & _slotMask);
        if (_slots[slot].Stan != stan || !_slots[slot].IsOutstanding || _shared.Log is not null) return false;
        var request = _frames.AsSpan(slot * _frameBytes + _template.HeaderBytes, _frameBytes - _template.HeaderBytes);
        if (!_shape.Repeats(message, request, _template.Echoed)) return false;
        CountCode(_shape.CodeOf(message));
        Finish(slot, now);
        return true;
    }

    private bool Repeats(MessageReader answer, ReadOnlySpan<byte> message, ReadOnlySpan<byte> request)
    {
        foreach (var echo in _template.Echoed)
        {
            foreach (var field in echo.Fields)
                if (!answer.Has(field)) return false;

            // One comparison for a whole run: all its fields are there, so were another between them, or one of them
            // of another length, the bytes could not be the same.
            var first = answer.Raw(echo.Fields[0]);
            Must.Hold(message.Overlaps(first, out var offset));
            if (message.Length - offset < echo.Bytes) return false;
            if (!message.Slice(offset, echo.Bytes).SequenceEqual(request.Slice(echo.Offset, echo.Bytes))) return false;
        }

        return true;
    }

    private bool TryMatch(uint stan, out int slot)
    {
        slot = (int)(stan & _slotMask);
        if (_slots[slot].Stan == stan && _slots[slot].IsOutstanding) return true;

        // Numbers go up: what was given out and waits no more has been answered before.
        if (stan is >= 1 and <= StanMax && (stan <= _lastStan || _running >= StanMax)) _tally.Duplicate++;
        else _tally.Unmatched++;
        return false;
    }

    private void CountCode(ReadOnlySpan<byte> code)
    {
        var index = code.Length == 2 ? (code[0] & 127) << 7 | code[1] & 127 : 0;
        _tally.ByCode[index]++;
        if (code.SequenceEqual("00"u8)) _tally.Approved++;
    }

    private void Finish(int slot, long now)
    {
        var intendedAt = _slots[slot].IntendedAt;
        _slots[slot].IsOutstanding = false;
        Outstanding--;
        _tally.Answered++;
        if (now >= _shared.MeasureFrom && now < _shared.MeasureTo) _tally.AnsweredMeasured++;
        _tally.Live.Record(now - intendedAt);
        if (intendedAt >= _shared.MeasureFrom) _tally.Record(now - intendedAt);
    }

    private void Compact()
    {
        Buffer.BlockCopy(_sending, _sendFrom, _sending, 0, _sendTo - _sendFrom);
        _sendTo -= _sendFrom;
        _sendFrom = 0;
    }

    private void Close()
    {
        if (IsClosed) return;
        IsClosed = true;
        _tally.ClosedByPeer++;
        CountMissing();
    }

    private struct Slot
    {
        public long IntendedAt;
        public long StampSecond;
        public uint Stan;
        public bool IsOutstanding;
    }
}
