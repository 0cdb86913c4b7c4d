using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// The highest key serial number of a device that came with a PIN which could be read.
/// <code>
/// 0 device 8 | 8 zone 4 | 12 highest 4, never 0 | 16
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct DeviceSerialEntry : IRegistered<DeviceSerialEntry>
{
    public const int Bytes = 16;

    [FieldOffset(0)] public ulong Device;
    [FieldOffset(8)] public uint Zone;
    [FieldOffset(12)] public uint Highest;

    public readonly bool IsUsed => Highest != 0;

    public readonly ulong Home
    {
        get
        {
            var mix = new Mix((ulong)StateTable.DeviceSerials);
            mix.Add(Device, Zone);
            return mix.Finish64();
        }
    }

    public readonly bool HasKeyOf(in DeviceSerialEntry other) => Device == other.Device && Zone == other.Zone;

    public readonly UInt128 Mix()
    {
        var mix = new Mix((ulong)StateTable.DeviceSerials);
        mix.Add(Device, Zone);
        mix.Add(Highest, 0);
        return mix.Finish();
    }

    /// <summary>The device that a PIN came from, with what it counted.</summary>
    public static DeviceSerialEntry Of(in Serial serial) => new() { Device = serial.Device, Zone = serial.Zone, Highest = serial.Counter };
}
