namespace SunnySwitch.Host.Load;

/// <summary>The bench's cards: PAN = <c>400000</c>, nine-digit index, Luhn digit. No card of a person.</summary>
internal static class BenchCard
{
    /// <summary>Expiry of all of them, YYMM.</summary>
    public const int Expiry = 3012;

    private const ulong Bin = 400_000;

    // Luhn share of three digits at an even and at an odd distance from the check digit.
    private static readonly byte[] DoubledFirst = MakeShares(doubleOuter: true);
    private static readonly byte[] DoubledMiddle = MakeShares(doubleOuter: false);

    /// <summary>The last ten digits: index and check digit.</summary>
    public static ulong Tail(int index)
    {
        Must.Hold(index is >= 0 and < 1_000_000_000);

        // The last digit of the index is doubled, then every second one; the 4 of the BIN is doubled: 8.
        var sum = 8
            + DoubledFirst[index % 1_000]
            + DoubledMiddle[index / 1_000 % 1_000]
            + DoubledFirst[index / 1_000_000];
        return (ulong)index * 10 + (ulong)((10 - sum % 10) % 10);
    }

    /// <summary>All sixteen digits.</summary>
    public static ulong Pan(int index) => Bin * 10_000_000_000 + Tail(index);

    private static byte[] MakeShares(bool doubleOuter)
    {
        var shares = new byte[1_000];
        for (var value = 0; value < 1_000; value++)
        {
            var outer = Share(value / 100, doubleOuter) + Share(value % 10, doubleOuter);
            shares[value] = (byte)(outer + Share(value / 10 % 10, !doubleOuter));
        }

        return shares;
    }

    private static int Share(int digit, bool doubled) => doubled ? digit * 2 / 10 + digit * 2 % 10 : digit;
}
