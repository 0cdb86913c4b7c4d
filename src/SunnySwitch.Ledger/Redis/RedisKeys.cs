using System.Globalization;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;

namespace SunnySwitch.Ledger.Redis;

/// <summary>What keys are called, how long they live, and what their values look like. Cards are tokens here, nothing else.</summary>
public static class RedisKeys
{
    /// <summary>All of ours begin so.</summary>
    public const string Prefix = "sunny:";

    internal const string Counters = Prefix + "counter:", HotCards = Prefix + "hot:card:", Acceptors = Prefix + "acceptor:";

    /// <summary>Time to live of what is written anew every <see cref="RedisOptions.RewriteHours"/>.</summary>
    public static readonly TimeSpan ViewLife = TimeSpan.FromDays(3);

    /// <summary>Marks, written with every batch; without them, everything is written anew.</summary>
    public static readonly TimeSpan MarkLife = TimeSpan.FromDays(30);

    /// <summary>Of a counter, since it was first written or written anew: longer than the switch knows it.</summary>
    public static TimeSpan LifeOf(CounterKind kind) => TimeSpan.FromDays(kind switch
    {
        CounterKind.Month => 65,
        CounterKind.Life => 400,
        _ => 3,
    });

    /// <summary>Key of a counter; the same for every cell, which each have a field in it.</summary>
    public static string Counter(ulong primary) => $"{Counters}{primary:x16}";

    internal static string HotCard(PanToken pan) => $"{HotCards}{pan.High:x16}{pan.Low:x16}";

    internal static string Acceptor(in AcceptorView acceptor) =>
        $"{Acceptors}{acceptor.Acquirer}:{Uri.EscapeDataString(acceptor.Merchant)}"
        + (acceptor.Terminal.Length == 0 ? "" : $":{Uri.EscapeDataString(acceptor.Terminal)}");

    internal static string HotList(string cell) => $"{Prefix}hot:{{{cell}}}";

    internal static string Products(string cell) => $"{Prefix}bin:{{{cell}}}";

    internal static string Sessions(string cell) => $"{Prefix}session:{{{cell}}}";

    /// <summary>
    /// Where it is noted how far a cell is. There are several, spread evenly over the slots of a cluster: a node that lost what it had lost its
    /// mark too.
    /// </summary>
    internal static string[] Marks(string cell)
    {
        const int Slots = 16_384, Marks = 16;
        var keys = new string[Marks];
        for (int number = 0, left = Marks; left > 0; number++)
        {
            ref var key = ref keys[Slot($"{cell}-{number}") / (Slots / Marks)];
            if (key is not null) continue;
            key = $"{Prefix}mark:{{{cell}-{number}}}";
            left--;
        }

        return keys;
    }

    /// <summary>Of a fixed window <c>count amount</c>; of a sliding one <c>@newest</c> and pairs, the newest piece first.</summary>
    internal static string Value(in CounterView counter)
    {
        if (counter.Pieces == 1) return string.Create(CultureInfo.InvariantCulture, $"{counter.Count(0)} {counter.AmountMinor(0)}");
        var text = new StringBuilder(64).Append(CultureInfo.InvariantCulture, $"@{counter.Newest}");
        var last = counter.Pieces - 1;
        while (last > 0 && counter.Count(last) == 0 && counter.AmountMinor(last) == 0) last--;
        for (var age = 0; age <= last; age++) text.Append(CultureInfo.InvariantCulture, $" {counter.Count(age)} {counter.AmountMinor(age)}");
        return text.ToString();
    }

    /// <summary>Adds what a cell counted, as far as it is in the window that is asked about; false if it is no such text.</summary>
    internal static bool TryAdd(ReadOnlySpan<char> value, in CounterQuestion question, ref SharedCounts counts)
    {
        var newest = 0;
        var isSliding = value is ['@', ..];
        if (isSliding && !(TryWord(ref value, 1, out var first) && (newest = (int)first) == first)) return false;
        for (var age = 0; !value.IsEmpty; age++)
        {
            if (!TryWord(ref value, 0, out var count) || !TryWord(ref value, 0, out var amount)) return false;
            if (isSliding && newest - age <= question.Piece - CounterPieces) break;
            counts.Add(question.Limit, count, amount, question.AreBits);
        }

        return true;
    }

    internal static string Value(in CardView card) => $"{Words(card.Hot)} {card.HotFrom} {card.HotTo} {card.HotRegion}";

    internal static string Value(in AcceptorView acceptor) => $"{acceptor.Status.ToString().ToLowerInvariant()} {acceptor.Category}";

    internal static string Value(in SessionChanged session, long since) =>
        $"{session.Link} {session.Generation} {(session.State == SessionState.SignedOn ? "on" : "off")} {since}";

    /// <summary>What the rules in force say is hot, by what it is about.</summary>
    internal static IEnumerable<(string Field, string Value)> Hot(RuleSet rules)
    {
        for (var index = 0; index < rules.HotCount; index++)
        {
            var hot = rules.Hot[index];
            var about = hot.Subject == HotSubject.Bin
                ? $"bin {hot.BinFrom:D6}-{hot.BinTo:D6}"
                : $"{hot.Subject.ToString().ToLowerInvariant()} {hot.Acquirer} {hot.Id.ToString().TrimEnd()}";
            yield return ($"{index} {about}", $"{Words(hot.Reason)} {hot.From} {hot.To} {hot.Region}");
        }
    }

    /// <summary>What the rules in force say of products, by their range of BINs; fields in their order.</summary>
    internal static IEnumerable<(string Field, string Value)> Bins(RuleSet rules)
    {
        for (var index = 0; index < rules.ProductCount; index++)
        {
            var product = rules.Products[index];
            yield return ($"{index} {product.BinFrom:D6}-{product.BinTo:D6}",
                $"{product.Operations} {product.HomeCountry} {product.PartialApproval} {product.RefuseFallback} {product.Name}");
        }
    }

    // Seven whole pieces and the one that runs.
    private const int CounterPieces = 8;

    private static string Words(HotReason reason) => reason.ToString().ToLowerInvariant();

    private static bool TryWord(ref ReadOnlySpan<char> text, int skip, out long word)
    {
        text = text[skip..].TrimStart(' ');
        var end = text.IndexOf(' ');
        var isGood = long.TryParse(end < 0 ? text : text[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out word);
        text = end < 0 ? default : text[end..];
        return isGood;
    }

    // CRC-16 (XMODEM) modulo the number of slots, as a cluster places a key's tag.
    private static int Slot(string tag)
    {
        var crc = 0;
        foreach (var letter in Encoding.ASCII.GetBytes(tag))
        {
            crc ^= letter << 8;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            crc &= 0xFFFF;
        }

        return crc & 0x3FFF;
    }
}
