using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// The state hash. Each numbered table has a sum mod 2^128 of mix(table, key, value) over its entries, kept by the table's one
/// setter; an entry whose value is all zeros adds nothing, and neither does an empty table. The whole is the sum of
/// mix(table, sum) over tables whose sum is not zero: so a table that joins later leaves the old hashes true as long as it is empty.
/// Chain links and free lists are no part of it: they follow from the order of frames.
/// </summary>
internal static class StateHash
{
    private const ulong WholeDomain = 0x4000;

    /// <summary>What one table adds to the whole.</summary>
    public static UInt128 OfTable(StateTable table, UInt128 sum)
    {
        if (sum == UInt128.Zero) return UInt128.Zero;
        var mix = new Mix(WholeDomain + (ulong)table);
        mix.Add((ulong)(sum >> 64), (ulong)sum);
        return mix.Finish();
    }
}
