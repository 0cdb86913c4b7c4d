using System.Text;
using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;
using static SunnySwitch.Core.Tests.Stages.LimitTests;

namespace SunnySwitch.Core.Tests;

/// <summary>
/// Random purchases, reversals, days, pauses, restarts and changes of the rules, against a list of what was counted for each limit.
/// </summary>
public sealed class LimitModelTests
{
    private const int Steps = 200;

    // What an id stands for is the same in every version.
    private static readonly LimitTerms[] _pool =
    [
        Limit(1, LimitSubject.Card, count: 3), Limit(2, LimitSubject.Card, amount: 900), Limit(3, LimitSubject.Account, amount: 700, minutes: 45),
        Limit(4, LimitSubject.Terminal, count: 4, minutes: 20), Limit(5, LimitSubject.Merchant, count: 5), Limit(6, LimitSubject.Bin, count: 6, amount: 2_000),
        Limit(7, LimitSubject.Merchant, amount: 1_500, minutes: 1_440), Limit(8, LimitSubject.Terminal, amount: 800),
        Limit(9, LimitSubject.Terminal, count: 3, minutes: 10) with { Kind = LimitCounts.Declines },
        Limit(10, LimitSubject.Card, count: 9, minutes: 30) with { Kind = LimitCounts.Attempts },
        Limit(11, LimitSubject.Bin, count: 12) with { Kind = LimitCounts.Declines },
        Limit(12, LimitSubject.Card, count: 9, minutes: LimitTerms.Week), Limit(13, LimitSubject.Account, amount: 2_500, minutes: LimitTerms.Month),
        Limit(14, LimitSubject.Merchant, count: 40, minutes: LimitTerms.Life),
        Limit(15, LimitSubject.Terminal, count: 4, minutes: 15) with { Kind = LimitCounts.Ratio, AmountMaxMinor = 500 },
        Limit(16, LimitSubject.Bin, count: 6, minutes: LimitTerms.Week) with { Kind = LimitCounts.Ratio, AmountMaxMinor = 650 },
    ];

    [Property(MaxTest = 150)]
    public void Limits_count_what_the_list_counts(DoNotSize<int> seed)
    {
        if (Difference(seed.Item, null) is { } what) Assert.Fail($"seed {seed.Item}: {what}");
    }

    public static TheoryData<string> Faults =>
    [
        "late", "forgets", "wrong day", "counts declines", "ids return", "counts what it turns away", "weeks from Sunday",
        "months of thirty days", "judges a ratio by the first",
    ];

    /// <summary>The control: a list that counts otherwise does not agree.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public void A_list_with_a_rule_broken_is_told_apart(string fault) =>
        Assert.Contains(Enumerable.Range(1, 40), seed => Difference(seed, fault) is not null);

    private static string? Difference(int seed, string? fault)
    {
        var random = new Random(seed);
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 4000, 8));
        var list = new CountedList(fault);
        var sent = new List<(Transaction Transaction, CountedList.Entry? Entry)>();
        var day = FirstDay;
        var stan = 0u;
        for (var step = 0; step < Steps; step++)
        {
            var dice = random.Next(100);
            if (dice < 3)
            {
                // Sometimes over a week's end, or a month's.
                day += random.Next(3) > 0 ? 1 : random.Next(2, 45);
                bench.OpenDay(day);
                list.OpenDay(day);
            }
            else if (dice < 6)
            {
                if (random.Next(2) == 0) bench.Restart();
                else bench.RestartFromImage();
            }
            else if (dice < 9 || step == 0)
            {
                LimitTerms[] some = [.. _pool.Where(_ => random.Next(3) > 0).Select(limit => limit with { CountMax = limit.CountMax * random.Next(1, 3) })];
                random.Shuffle(some);
                Assert.True(new RulesDesk(bench.State).TryActivate(Rules(some), out var rules, out _));
                bench.Write(JournalKind.RulesActivated, rules);
                list.Enter(some);
            }
            else if (dice < 25 && sent.Count > 0)
            {
                var (original, entry) = sent[random.Next(Math.Max(0, sent.Count - 8), sent.Count)];
                long? stays = random.Next(2) == 0 ? random.Next(0, 3) * 10 : null;
                bench.Code(Reversal(++stan, original, stays: stays));
                if (bench.Transaction.Decided.Effect == EffectKind.Reversed && entry is not null) list.GiveBack(entry, stays ?? 0);
            }
            else
            {
                bench.Now = new Instant(bench.Now.UnixNanos + (random.Next(0, 12) * 60L * Instant.NanosPerSecond));
                var request = Next(random, ++stan);
                var entry = list.Judge(in request.Request, bench.State.BusinessDay, bench.Now, out var code);
                if (bench.Code(request) != code) return $"step {step}: {bench.Transaction.Decided.Code} instead of {code}";
                sent.Add((request, entry));
            }
        }

        if (bench.State.Hash != bench.State.HashFromScratch()) return "the rolling hash is not the hash from scratch";
        if (bench.State.Hash != bench.Fold().Hash) return "folding the frames gives another state";
        return bench.Redecided().FirstOrDefault() is { } difference ? $"decided anew: {difference}" : null;
    }

    private static Transaction Next(Random random, uint stan)
    {
        var merchant = $"MERCHANT000000{random.Next(1, 3)}";
        var pan = random.Next(3) == 0 ? OtherCard : Card;
        return Changed(Purchase(stan, random.Next(1, 30) * 10, pan: pan, terminal: $"TERM000{random.Next(1, 3)}"), t =>
        {
            t.Request.CardAcceptor = default;
            Encoding.ASCII.GetBytes(merchant, t.Request.CardAcceptor);
            t.Request.ProcessingCode = (uint)random.Next(2) * 10_000;
            return t;
        });
    }

    /// <summary>Everything that was ever counted, each with what is left of it for each limit.</summary>
    private sealed class CountedList(string? fault)
    {
        private readonly List<Entry> _entries = [];
        private int _previousDay;
        private int _day = FirstDay;

        private IReadOnlyList<LimitTerms> _limits = [];
        private readonly Dictionary<byte, int> _since = [];
        private readonly Dictionary<byte, int> _lastIn = [];
        private int _version;

        /// <summary>An id that was in neither of the two versions before stands for a new limit: what was counted for it is gone.</summary>
        public void Enter(IReadOnlyList<LimitTerms> limits)
        {
            _version++;
            foreach (var limit in limits)
            {
                if (fault != "ids return" && (!_lastIn.TryGetValue(limit.Id, out var last) || last < _version - 2)) _since[limit.Id] = _version;
                _lastIn[limit.Id] = _version;
            }

            _limits = limits;
        }

        public void OpenDay(int day) => (_previousDay, _day) = (_day, day);

        public Entry? Judge(in Request request, int day, Instant now, out string code)
        {
            code = "00";
            var minute = (int)(now.UnixNanos / (60L * Instant.NanosPerSecond));
            var entry = new Entry { Request = request, Day = day, Minute = minute, Stays = request.AmountMinor };
            code = Breach(entry, limit => limit.Kind != LimitCounts.Approvals) ?? "";
            if (code != "" && fault != "counts what it turns away") return null;
            if (code == "") code = Breach(entry, limit => limit.Kind == LimitCounts.Approvals) ?? "00";
            foreach (var limit in _limits)
            {
                var isCounted = limit.Kind switch
                {
                    LimitCounts.Approvals => code == "00" || fault == "counts declines",
                    LimitCounts.Attempts or LimitCounts.Ratio => true,
                    _ => code != "00",
                };
                var amount = limit.Kind == LimitCounts.Ratio ? (code == "00" ? 0 : 1) : request.AmountMinor;
                if (isCounted) entry.Left[limit.Id] = (1, amount, SinceOf(limit));
            }

            _entries.Add(entry);
            return code == "00" ? entry : null;
        }

        private string? Breach(Entry asked, Func<LimitTerms, bool> isOfKind)
        {
            foreach (var limit in _limits.Where(isOfKind))
            {
                var (count, amount) = Used(limit, asked);
                var isRatio = limit.Kind == LimitCounts.Ratio;
                var isCount = limit.CountMax > 0 && (isRatio
                    ? count >= (fault == "judges a ratio by the first" ? 1 : limit.CountMax) && amount / (double)count > limit.AmountMaxMinor / 1000.0
                    : count >= limit.CountMax);
                if (!isCount && (isRatio || limit.AmountMaxMinor == 0 || amount + asked.Request.AmountMinor <= limit.AmountMaxMinor)) continue;
                return isRatio ? "58" : limit.Subject is LimitSubject.Merchant or LimitSubject.Terminal ? "58" : isCount ? "65" : "61";
            }

            return null;
        }

        public void GiveBack(Entry entry, long stays)
        {
            if (fault == "forgets") return;
            foreach (var limit in _limits)
            {
                if (limit.Kind != LimitCounts.Approvals || !entry.Left.TryGetValue(limit.Id, out var left)) continue;
                entry.Left[limit.Id] = (stays == 0 ? 0 : left.Count, left.AmountMinor - (entry.Stays - stays), left.Since);
            }

            entry.Stays = stays;
        }

        private (int Count, long AmountMinor) Used(LimitTerms limit, Entry asked)
        {
            var (count, amount) = (0, 0L);
            foreach (var entry in _entries)
            {
                if (!entry.Left.TryGetValue(limit.Id, out var left) || left.Since != SinceOf(limit)) continue;
                if (!IsSame(limit.Subject, entry.Request, asked.Request) || !IsWithin(limit, entry, asked)) continue;
                count += left.Count;
                amount += left.AmountMinor;
            }

            return (count, amount);
        }

        private int SinceOf(LimitTerms limit) => _since.GetValueOrDefault(limit.Id);

        private bool IsWithin(LimitTerms limit, Entry entry, Entry asked)
        {
            if (limit.Minutes == 0) return entry.Day == asked.Day || (fault == "wrong day" && entry.Day == _previousDay);
            if (limit.Minutes == LimitTerms.Life) return true;
            var (one, other) = (DateOf(entry.Day), DateOf(asked.Day));
            if (limit.Minutes == LimitTerms.Month)
            {
                return fault == "months of thirty days" ? entry.Day / 30 == asked.Day / 30 : (one.Year, one.Month) == (other.Year, other.Month);
            }

            if (limit.Minutes == LimitTerms.Week) return WeekOf(one) == WeekOf(other);
            var piece = (limit.Minutes + 6) / 7;
            var pieces = fault == "late" ? 7 : 8;
            return (entry.Day == _day || entry.Day == _previousDay) && (asked.Minute / piece) - (entry.Minute / piece) < pieces;
        }

        private static DateTime DateOf(int day) => DateTime.UnixEpoch.AddDays(day);

        private DateTime WeekOf(DateTime date)
        {
            var first = fault == "weeks from Sunday" ? DayOfWeek.Sunday : DayOfWeek.Monday;
            return date.AddDays(-(((int)date.DayOfWeek - (int)first + 7) % 7));
        }

        private static bool IsSame(LimitSubject subject, Request one, Request other) => subject switch
        {
            LimitSubject.Card or LimitSubject.Account => one.Pan == other.Pan,
            LimitSubject.Bin => one.TruncatedPan.ToString()[..6] == other.TruncatedPan.ToString()[..6],
            LimitSubject.Merchant => one.CardAcceptor.ToString() == other.CardAcceptor.ToString(),
            _ => one.Terminal.ToString() == other.Terminal.ToString(),
        };

        public sealed class Entry
        {
            public required Request Request { get; init; }
            public required int Day { get; init; }
            public required int Minute { get; init; }
            public Dictionary<byte, (int Count, long AmountMinor, int Since)> Left { get; } = [];
            public long Stays { get; set; }
        }
    }
}
