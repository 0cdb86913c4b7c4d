using System.Numerics;

namespace SunnySwitch.Simulation;

/// <summary>
/// xoshiro256** seeded by SplitMix64 (Blackman, Vigna 2018): the same numbers from the same seed on every machine and in
/// every version, which the class library's generator does not promise.
/// </summary>
internal sealed class Prng
{
    private ulong _a, _b, _c, _d;

    public Prng(ulong seed)
    {
        (_a, _b, _c, _d) = (Split(ref seed), Split(ref seed), Split(ref seed), Split(ref seed));
    }

    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Both ends included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    public bool Chance(int perMille) => Below(1000) < perMille;

    /// <summary>Most waits are short and some are long; the mean is <paramref name="mean"/>.</summary>
    public long Exponential(long mean) => (long)(-Math.Log((Below(1 << 20) + 1) / (double)(1 << 20)) * mean);

    /// <summary>A stream of its own, so that one part's draws do not move another's.</summary>
    public Prng Fork() => new(Next());

    private static ulong Split(ref ulong state)
    {
        state += 0x9E37_79B9_7F4A_7C15;
        var mixed = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }
}
