using System.Runtime.InteropServices;

namespace SunnySwitch.Disruptor;

/// <summary>
/// A number alone on its cache line.
/// <code>
///  0         64      72        128
///  | padding | value | padding |
/// </code>
/// </summary>
/// <remarks>A struct, since the runtime honours Size on structs only: on a class the padding behind the value is dropped.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct PaddedLong
{
    [FieldOffset(64)]
    public long Value;
}
