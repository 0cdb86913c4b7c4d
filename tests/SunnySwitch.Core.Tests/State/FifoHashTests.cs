using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Tests.State;

public sealed class FifoHashTests
{
    private const int KeysMax = 50;

    [Property(MaxTest = 200)]
    public void It_is_a_dictionary_of_two_days(DoNotSize<int> seed)
    {
        var random = new System.Random(seed.Item);
        var table = new KeyTable(KeysMax, touch: true);
        var today = new Dictionary<ulong, ulong>();
        var yesterday = new Dictionary<ulong, ulong>();
        for (var step = 0; step < 2_000; step++)
        {
            if (random.Next(40) == 0)
            {
                table.Entries.OpenDay();
                (yesterday, today) = (today, []);
            }

            // Few buckets, so that chains are long and lead through what has expired.
            var key = ((ulong)(uint)random.Next(4) << 62) | (uint)random.Next(60);
            var request = new Request { KeyPrimary = key, KeyRest = 1, Fingerprint = (ulong)random.Next(2) };
            var known = today.TryGetValue(key, out var fingerprint) || yesterday.TryGetValue(key, out fingerprint);
            var match = table.Match(in request, out var number);
            Assert.Equal(!known ? KeyMatch.New : fingerprint == request.Fingerprint ? KeyMatch.Repeat : KeyMatch.OtherBody, match);
            Assert.Equal(known, number != 0);
            Assert.Equal(today.Count + yesterday.Count, table.Entries.Live);
            Assert.Equal(table.Entries.SumFromScratch(), table.Entries.Sum);
            if (known)
            {
                var changed = table.Entries[number];
                changed.Status = KeyStatus.Reversed;
                table.Entries.Replace(number, in changed);
            }
            else if (!table.Entries.IsFull)
            {
                table.Entries.Append(new KeyEntry
                {
                    Primary = key,
                    Rest = 1,
                    Fingerprint = request.Fingerprint,
                    Status = KeyStatus.Approved,
                });
                today[key] = request.Fingerprint;
            }
        }
    }

    [Fact]
    public void Full_is_full_until_a_day_ends()
    {
        var table = new FifoHash<TombstoneEntry>("tables.test", 3, touch: true);
        for (var number = 1ul; number <= 3; number++) table.Append(new TombstoneEntry { Primary = number });
        Assert.True(table.IsFull);
        Assert.Throws<StopToProtectDataException>(() => table.Append(new TombstoneEntry { Primary = 4 }));
        table.OpenDay();
        Assert.True(table.IsFull);
        table.OpenDay();
        Assert.Equal((0, UInt128.Zero), (table.Live, table.Sum));
    }
}
