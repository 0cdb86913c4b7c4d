using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace SunnySwitch;

/// <summary>
/// Hints to the processor's cache. A hint changes nothing that a program can read, and on processors without one it does
/// nothing. The only unsafe code of the house: the instruction takes an address, and the address is never read through.
/// </summary>
public static class Cache
{
    /// <summary>Bytes that travel together.</summary>
    public const int LineBytes = 64;

    /// <summary>Asks for the line that <paramref name="target"/> begins in, and does not wait for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref readonly T target)
    {
        // A collector may move the object meanwhile: then the hint was for the wrong line, and that is all.
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in target)));
    }

    /// <summary>Asks for all lines of a span.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(ReadOnlySpan<byte> target)
    {
        for (var at = 0; at < target.Length; at += LineBytes) Prefetch(in target[at]);
    }
}
