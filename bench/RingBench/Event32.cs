using System.Runtime.InteropServices;

namespace SunnySwitch.RingBench;

/// <summary>A 32-byte event: what both sides carry.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct Event32
{
    public long Number;
    public long StampedAt;
    public long A;
    public long B;
}
