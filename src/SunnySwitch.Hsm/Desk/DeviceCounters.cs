using System.Buffers.Binary;
using SunnySwitch.Hsm.Dukpt;

namespace SunnySwitch.Hsm.Desk;

/// <summary>
/// The last key serial number of each device, so that none is taken twice. In memory, bounded: when it is full, the device that came first
/// makes room. What a restart forgets, the duplicate keys of the journal still know for two business dates.
/// </summary>
/// <remarks>Any thread: what it guards is asked before a module that takes a thousand times as long.</remarks>
internal sealed class DeviceCounters(int devicesMax)
{
    private const int KsnBytesMax = 12;
    private readonly Dictionary<(ulong, ulong), int> _places = new(devicesMax);
    private readonly (ulong, ulong)[] _devices = new (ulong, ulong)[devicesMax];
    private readonly byte[] _last = new byte[devicesMax * KsnBytesMax];
    private readonly ulong[] _requests = new ulong[devicesMax];
    private readonly Lock _lock = new();
    private int _next;

    /// <summary>
    /// Whether it may follow the last one of its device. The last one itself is good once more for the request that brought it: one that
    /// was never decided, since the module was late or failed at the rest, comes again with the same block.
    /// </summary>
    /// <param name="ksn">The serial number.</param>
    /// <param name="request">The duplicate key of what brought it; 0: none.</param>
    public HsmResult Check(ReadOnlySpan<byte> ksn, ulong request)
    {
        lock (_lock) return CheckNext(ksn, request);
    }

    /// <summary>What came with it was right: it is taken, and nothing before it any more; unless another thread took one meanwhile.</summary>
    public HsmResult TryTake(ReadOnlySpan<byte> ksn, ulong request)
    {
        lock (_lock)
        {
            var result = CheckNext(ksn, request);
            if (result == HsmResult.Done) Take(ksn, request);
            return result;
        }
    }

    private HsmResult CheckNext(ReadOnlySpan<byte> ksn, ulong request)
    {
        var result = DukptCounter.Check(ksn);
        if (result != HsmResult.Done || !_places.TryGetValue(DeviceOf(ksn), out var place)) return result;
        var isSame = request != 0 && request == _requests[place] && _last.AsSpan(place * KsnBytesMax, ksn.Length).SequenceEqual(ksn);
        return isSame ? HsmResult.Done : DukptCounter.CheckNext(_last.AsSpan(place * KsnBytesMax, ksn.Length), ksn);
    }

    private void Take(ReadOnlySpan<byte> ksn, ulong request)
    {
        var device = DeviceOf(ksn);
        if (!_places.TryGetValue(device, out var place))
        {
            place = _next;
            _next = (_next + 1) % devicesMax;
            if (_places.Count == devicesMax) _places.Remove(_devices[place]);
            (_devices[place], _places[device]) = (device, place);
        }

        ksn.CopyTo(_last.AsSpan(place * KsnBytesMax, KsnBytesMax));
        _requests[place] = request;
    }

    // Key set and device, without the counter; its length keeps TDEA and AES apart.
    private static (ulong, ulong) DeviceOf(ReadOnlySpan<byte> ksn)
    {
        var high = BinaryPrimitives.ReadUInt64BigEndian(ksn);
        if (ksn.Length != DukptCounter.TdesKsnBytes) return (high, (ulong)ksn.Length);
        // 59 bits: the counter is the last 21 of 80.
        return (high & ~0x1FUL, (ulong)ksn.Length);
    }
}
