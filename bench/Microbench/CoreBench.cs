using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;

namespace SunnySwitch.Microbench;

/// <summary>
/// Decide + apply per purchase, and the load of generated cards: plain loops, since the state grows and a benchmark that
/// runs the same call again would measure repeats. Run: <c>dotnet run -c Release --project bench/Microbench -- core [big] [limits] [cards=N]</c>.
/// </summary>
public static class CoreBench
{
    private const int Batch = 16;                       // As the kernel prefetches.

    /// <summary>"big": tables for 32 million holds and keys (about 2.9 GB), filled to 20 million.</summary>
    public static void Run(string[] args)
    {
        var big = args.Contains("big");
        var asked = args.FirstOrDefault(each => each.StartsWith("cards=", StringComparison.Ordinal));
        var cards = asked is null ? 100_000 : int.Parse(asked.AsSpan(6), System.Globalization.CultureInfo.InvariantCulture);
        var options = big
            ? new StateOptions(cards, cards, 32_000_000, 32_000_000, 1_000_000, 10_000)
            : new StateOptions(cards, cards, 2_000_000, 2_000_000, 100_000, 1_000);
        if (args.Contains("limits")) options = options with { ReceiptsMax = options.DuplicateKeysMax, DayCountersMax = 2_000_000 };
        using var tokens = new CmacPanTokens(new byte[16]);
        var clock = Stopwatch.StartNew();
        var state = new SwitchState(options, tokens);
        Console.WriteLine($"tables taken and touched: {clock.ElapsedMilliseconds} ms, {Environment.WorkingSet / 1e6:F0} MB resident");

        var pans = Open(state, cards, clock);
        if (asked is not null) Load(state, options, tokens, clock);
        if (args.Contains("limits")) state.Apply(JournalKind.RulesActivated, PayloadVersion.Four, 3, default, Bytes(Limits()));
        var decider = new Decider(state, [new LinkTerms(1, "bench", false, [InstitutionId.Of(400001, 6)])]);
        var fill = big ? 20_000_000 : 500_000;
        var batch = new Transaction[Batch];
        var sequence = 10L;
        var stan = 0u;
        Fill(state, decider, batch, pans, fill, prefetch: true, ref sequence, ref stan);
        foreach (var prefetch in new[] { false, true, false, true, false, true })
        {
            var count = big ? 1_000_000 : 200_000;
            var nanos = Fill(state, decider, batch, pans, count, prefetch, ref sequence, ref stan);
            Console.WriteLine($"decide + apply{(prefetch ? ", prefetched" : "            ")}: {nanos:F0} ns each (median of {count / Batch} batches)");
        }

        clock.Restart();
        var same = state.HashFromScratch() == state.Hash;
        Console.WriteLine($"hash from scratch: {clock.ElapsedMilliseconds} ms, {(same ? "equal" : "NOT EQUAL")}; {state.Counts}");
    }

    /// <summary>Four levels, money and count, never reached.</summary>
    private static RuleSet Limits()
    {
        var rules = new RuleSet { Version = 1, Count = 4 };
        foreach (var subject in (LimitSubject[])[LimitSubject.Card, LimitSubject.Account, LimitSubject.Merchant, LimitSubject.Terminal])
        {
            rules.Limits[(int)subject - 1] = new LimitTerms
            {
                Id = (byte)subject,
                Subject = subject,
                Currency = 840,
                Operations = 1 << (int)Operation.Purchase,
                CountMax = 1_000_000_000,
                AmountMaxMinor = 1_000_000_000_000_000,
            };
        }

        return rules;
    }

    /// <summary>As a start loads a snapshot: from an image of the state, here in memory.</summary>
    private static void Load(SwitchState state, StateOptions options, IPanTokens tokens, Stopwatch clock)
    {
        var pieces = new Queue<byte[]>();
        var head = state.Image;
        state.WriteImage(new ImageWriter(new byte[1 << 20], piece => pieces.Enqueue(piece.ToArray())));
        var other = new SwitchState(options, tokens);
        clock.Restart();
        other.ReadImage(in head, new ImageReader(new byte[1 << 20], target => pieces.Dequeue().CopyTo(target), head.Bytes));
        var same = other.Hash == state.Hash;
        var rate = head.Cards / clock.Elapsed.TotalSeconds / 1e6;
        Console.WriteLine($"cards and accounts loaded from an image: {rate:F2} million/s, {(same ? "equal" : "NOT EQUAL")}");
    }

    private static PanToken[] Open(SwitchState state, int count, Stopwatch clock)
    {
        const int Chunk = 100_000;
        state.Apply(JournalKind.BusinessDateOpened, 1, 1, default, Bytes(new BusinessDateOpened { DayNumber = 20_000 }));
        new CardDesk(state).TryGenerate(400000, 6, count, 3012, 840, 1_000_000_000_000, 0, out var payload, out _);
        clock.Restart();
        state.Apply(JournalKind.CardsGenerated, 1, 2, default, Bytes(payload));
        Console.WriteLine($"cards generated: {count / clock.Elapsed.TotalSeconds / 1e6:F2} million/s, {Environment.WorkingSet / 1e6:F0} MB resident");

        // The same tokens once more: PAN = BIN, index, Luhn digit.
        using var tokens = new CmacPanTokens(new byte[16]);
        var blocks = new byte[Chunk * PanBlock.Bytes];
        var output = new byte[Chunk * PanBlock.Bytes];
        var pans = new PanToken[count];
        for (var first = 0; first < count; first += Chunk)
        {
            var these = Math.Min(Chunk, count - first);
            for (var card = 0; card < these; card++)
            {
                var body = $"400000{first + card:D9}";
                PanBlock.Write(Encoding.ASCII.GetBytes(body + Luhn(body)), blocks.AsSpan(card * PanBlock.Bytes));
            }

            tokens.Tokenise(blocks, these, output);
            for (var card = 0; card < these; card++) pans[first + card] = PanBlock.ReadToken(output.AsSpan(card * PanBlock.Bytes));
        }

        return pans;
    }

    private static double Fill(
        SwitchState state, Decider decider, Transaction[] batch, PanToken[] pans, int count, bool prefetch, ref long sequence,
        ref uint stan)
    {
        var ticks = new List<long>(count / Batch + 1);       // The median of batches: a shared machine takes the thread away.
        var random = 88172645463325252UL;
        for (var done = 0; done < count; done += Batch)
        {
            foreach (ref var transaction in batch.AsSpan()) Purchase(ref transaction, pans, ref random, ++stan);
            var start = Stopwatch.GetTimestamp();
            if (prefetch)
            {
                for (var pass = 0; pass < state.PrefetchPasses; pass++)
                {
                    foreach (ref var transaction in batch.AsSpan()) state.Prefetch(in transaction.Request, pass);
                }
            }

            foreach (ref var transaction in batch.AsSpan())
            {
                var verdict = decider.Decide(ref transaction, default, ++sequence);
                if (verdict != Verdict.Answer || transaction.Decided.Code != ResponseCode.Approved) Fail(in transaction);
                state.ApplyDecision(in transaction.Decided, in transaction.Original, in transaction.Charges, sequence, default);
            }

            ticks.Add(Stopwatch.GetTimestamp() - start);
        }

        ticks.Sort();
        return ticks[ticks.Count / 2] * 1e9 / Stopwatch.Frequency / Batch;
    }

    private static void Purchase(ref Transaction transaction, PanToken[] pans, ref ulong random, uint stan)
    {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        ref var request = ref transaction.Request;
        request.Pan = pans[random % (ulong)pans.Length];
        // A thousand merchants with five terminals each.
        MemoryMarshal.Write(request.CardAcceptor, (random >> 40) % 1_000);
        MemoryMarshal.Write(request.Terminal, (random >> 40) % 1_000 * 5 + (random >> 60) % 5);
        request.Mti = 0x0100;
        request.AmountMinor = 100;
        request.Currency = 840;
        request.Acquirer = InstitutionId.Of(400001, 6);
        request.Stan = stan % 1_000_000;
        request.TraceTime = 101_000_000 + stan / 1_000_000;
        request.Has = RequestHas.Pan | RequestHas.ProcessingCode | RequestHas.Amount | RequestHas.TraceTime
            | RequestHas.Stan | RequestHas.Terminal | RequestHas.CardAcceptor | RequestHas.Currency;
        RequestKeys.Seal(ref request, ref transaction.Original, in transaction.Charges);
    }

    private static void Fail(in Transaction transaction) =>
        throw new InvalidOperationException($"not approved: {transaction.Verdict} {transaction.Decided.Code}");

    private static char Luhn(string body)
    {
        var sum = 0;
        for (var index = 0; index < body.Length; index++)
        {
            var digit = body[body.Length - 1 - index] - '0';
            if ((index & 1) == 0) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
            sum += digit;
        }

        return (char)('0' + (10 - sum % 10) % 10);
    }

    private static byte[] Bytes<T>(T payload) where T : unmanaged => MemoryMarshal.AsBytes([payload]).ToArray();
}
