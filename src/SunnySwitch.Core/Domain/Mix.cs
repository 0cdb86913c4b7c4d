using System.Numerics;
using System.Runtime.CompilerServices;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// The one mixing function of the house: folds pairs of 64-bit words by a 64 x 64 -> 128 multiplication. It makes the state
/// hash and the duplicate keys, so it is frozen: the golden tests hold its values for ever. Not a cryptographic hash.
/// </summary>
public struct Mix
{
    private ulong _a;
    private ulong _b;

    /// <summary>Begins; <paramref name="domain"/> keeps uses apart (a table's number, a key's kind).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Mix(ulong domain)
    {
        _a = 0x9E37_79B9_7F4A_7C15UL ^ (domain * 0xD6E8_FEB8_6659_FD93UL);
        _b = 0xC2B2_AE3D_27D4_EB4FUL;
    }

    /// <summary>Folds two words in. Order matters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong x, ulong y)
    {
        var high = Math.BigMul(x ^ _a, y ^ _b, out var low);

        // The words themselves go in too: a factor that happens to be zero must not swallow the other one.
        var a = low ^ BitOperations.RotateLeft(y + _b, 29);
        _b = high ^ BitOperations.RotateLeft(x + _a, 47);
        _a = a;
    }

    /// <summary>All 128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public UInt128 Finish()
    {
        Add(0x94D0_49BB_1331_11EBUL, 0xBF58_476D_1CE4_E5B9UL);
        return new UInt128(_b, _a);
    }

    /// <summary>64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Finish64()
    {
        Add(0x94D0_49BB_1331_11EBUL, 0xBF58_476D_1CE4_E5B9UL);
        return _a ^ _b;
    }
}
