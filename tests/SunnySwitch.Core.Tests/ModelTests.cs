using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Tests;

/// <summary>
/// Random sequences of all that can be sent, with repeats, other bodies, reversals before and after, increments, completions, refunds and
/// voids of what was and what was not, cut-overs, expiry and restarts, the switch against the model, after every step: code, balances,
/// held = sum of holds (I4), each currency sums to zero (I5), rolling hash = hash from scratch. The mutants are the control: each is a
/// switch with one rule broken, and the same comparison has to find it.
/// </summary>
public sealed class ModelTests
{
    private const int Steps = 250;
    private const ushort Restaurant = 5812;

    [Property(MaxTest = 150)]
    public void The_switch_does_what_the_model_does(DoNotSize<int> seed) =>
        Assert.Null(FirstDifference(seed.Item, new Mutant()));

    public static TheoryData<string> Mutants => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Mutants))]
    public void A_switch_with_one_rule_broken_is_caught(string name)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            if (FirstDifference(seed, Broken[name]()) is not null) return;
        }

        Assert.Fail($"mutant survived 200 seeds: {name}");
    }

    public static TheoryData<Mutation> BrokenRules => [.. Enum.GetValues<Mutation>().Where(mutation => mutation >= SunnySwitch.Mutant.FirstOfTheModel)];

    /// <summary>In a build with mutants, by <c>tools/mutants</c>: a fault seeded in the switch's own code.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(BrokenRules))]
    public void A_rule_broken_in_the_code_is_caught(Mutation mutation)
    {
        Assert.True(SunnySwitch.Mutant.Exist);
        SunnySwitch.Mutant.Active = mutation;
        try
        {
            Assert.Contains(Enumerable.Range(0, 200), seed => FirstDifference(seed, new Mutant()) is not null);
        }
        finally
        {
            SunnySwitch.Mutant.Active = Mutation.None;
        }
    }

    private delegate void Change(ref Transaction transaction);

    private sealed class Mutant
    {
        public Change BeforeDecide = (ref Transaction _) => { };
        public Change AfterDecide = (ref Transaction _) => { };
        public bool AppliesTwice;
        public bool ForgetsDays;
        public bool ForgetsFramesAtRestart;
    }

    private static readonly Dictionary<string, Func<Mutant>> Broken = new()
    {
        ["class not in the key"] = () => new() { BeforeDecide = (ref Transaction t) => Rekey(ref t, t.Request.Acquirer, 0x0100) },
        ["acquirer not in the key"] = () => new() { BeforeDecide = (ref Transaction t) => Rekey(ref t, default, t.Request.Mti) },
        ["repeat digit in the key"] = () => new() { BeforeDecide = (ref Transaction t) => t.Request.KeyRest ^= (ulong)(t.Request.Mti & 1) },
        ["terminal not in the key"] = () => new() { BeforeDecide = (ref Transaction t) => t.Request.KeyRest = 1 },
        ["body not compared"] = () => new() { BeforeDecide = (ref Transaction t) => t.Request.Fingerprint = 1 },
        ["card of a reversal not compared"] = () => new() { AfterDecide = (ref Transaction t) => t.Decided.Card = 0 },
        ["tombstones ignored"] = () => new()
        {
            AfterDecide = (ref Transaction t) =>
            {
                if (t.Decided.Effect == EffectKind.TombstoneSet) t.Decided.Effect = EffectKind.None;
            },
        },
        ["partial reversal gives all back"] = () => new()
        {
            BeforeDecide = (ref Transaction t) =>
            {
                if (t.Request.Mti >= 0x0400) t.Original.ReplacementMinor = 0;
            },
        },
        ["declines not remembered"] = () => new()
        {
            AfterDecide = (ref Transaction t) =>
            {
                if (t.Decided.Code != ResponseCode.Approved) t.Decided.Request.KeyRest++;
            },
        },
        ["reversal does not count"] = () => new()
        {
            AfterDecide = (ref Transaction t) =>
            {
                if (t.Decided.Effect == EffectKind.Reversed) t.Decided.Effect = EffectKind.None;
            },
        },
        ["a frame applied twice"] = () => new() { AppliesTwice = true },
        ["cut-over forgotten"] = () => new() { ForgetsDays = true },
        ["last frame lost at a restart"] = () => new() { ForgetsFramesAtRestart = true },
    };

    private static void Rekey(ref Transaction transaction, InstitutionId acquirer, ushort mti)
    {
        ref var request = ref transaction.Request;
        request.KeyPrimary = RequestKeys.Primary(acquirer, mti, request.Stan, request.TraceTime);
        ref var original = ref transaction.Original;
        original.KeyPrimary = RequestKeys.Primary(
            acquirer, mti == 0x0100 ? mti : original.Mti, original.Stan, original.TraceTime);
    }

    /// <summary>
    /// A million transactions: what docs/promises.md says of money holds when each code, repeat and balance is the model's.
    /// </summary>
    [Fact]
    public void A_million_transactions_come_out_as_the_model_says()
    {
        const int sequences = 1_000, steps = 1_060, seenLeast = 50;
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var difference = Enumerable.Range(0, sequences).AsParallel().WithDegreeOfParallelism(2)
            .Select(seed => FirstDifference(seed, new Mutant(), steps, seen)).FirstOrDefault(what => what is not null);
        Assert.Null(difference);
        Assert.True(seen["transactions"] >= 1_000_000, $"{seen["transactions"]} transactions");
        var rare = Expected.Where(what => seen.GetValueOrDefault(what) < seenLeast).Select(what => $"{what}: {seen.GetValueOrDefault(what)}").ToList();
        Assert.True(rare.Count == 0, string.Join(", ", rare));
    }

    /// <summary>What has to come out of a million transactions, and to be undone, by its effect.</summary>
    private static IEnumerable<string> Expected =>
        new[]
        {
            InternalResult.Approved, InternalResult.ApprovedInPart, InternalResult.AdviceTaken, InternalResult.AdviceOfDecline,
            InternalResult.AdviceAfterItsReversal, InternalResult.AuthorizationUnknown, InternalResult.AuthorizationExpired,
            InternalResult.AuthorizationCompleted, InternalResult.NotAnAuthorization, InternalResult.CompletionAboveAuthorized,
            InternalResult.RefundAboveCaptured, InternalResult.CannotBeUndone, InternalResult.NotRefundable, InternalResult.AlreadyReversed,
            InternalResult.OriginalOfOtherCard, InternalResult.OriginalAmbiguous, InternalResult.ReplacementAboveOriginal, InternalResult.InsufficientFunds,
            InternalResult.CryptogramWrong, InternalResult.CounterSeen, InternalResult.CounterAhead, InternalResult.CutOverInProgress,
            InternalResult.AuthenticationWrong, InternalResult.AuthenticationMissing, InternalResult.ChipDeclined, InternalResult.ChipRisk,
            InternalResult.PinReplayed,
        }.Select(result => result.ToString())
        .Concat(Enum.GetValues<EffectKind>().Select(effect => effect.ToString()))
        .Concat(new[]
        {
            EffectKind.HoldOpened, EffectKind.Posted, EffectKind.Credited, EffectKind.Increased, EffectKind.Completed, EffectKind.Refunded,
        }.SelectMany(effect => new[] { $"{effect} undone", $"{effect} undone in part" }));

    /// <param name="seed">Of the sequence.</param>
    /// <param name="mutant">What is broken.</param>
    /// <param name="steps">Length of the sequence.</param>
    /// <param name="seen">Counts what came out; without it, everything is compared after every step.</param>
    private static string? FirstDifference(int seed, Mutant mutant, int steps = Steps, Dictionary<string, int>? seen = null)
    {
        var random = new Random(seed);
        var isThorough = seen is null;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var bench = new Bench(new StateOptions(64, 64, 4_000, 4_000, 4_000, 8) { BalancesMax = 1_024 });
        bench.Write(JournalKind.RulesActivated, Rules(bench));
        var model = new Model(Bench.FirstDay) { Accounts = { [Bench.Card] = (100_000, 0), [Bench.OtherCard] = (100_000, 0) } };
        var day = Bench.FirstDay;
        var sent = new List<Sent>();
        try
        {
            for (var step = 0; step < steps; step++)
            {
                var dice = random.Next(1_000);
                if (dice < 12)
                {
                    day += random.Next(1, 4);
                    model.OpenDay(day);
                    if (!mutant.ForgetsDays) bench.OpenDay(day);
                }
                else if (dice < 22)
                {
                    model.Sweep();
                    bench.Sweep();
                }
                else if (dice < (isThorough ? 40 : 24))
                {
                    var before = bench.State.Hash;
                    if (mutant.ForgetsFramesAtRestart) bench.Frames.RemoveAt(bench.Frames.Count - 1);
                    if (random.Next(2) == 0 && !mutant.ForgetsFramesAtRestart) bench.RestartFromImage();
                    else bench.Restart();
                    if (bench.State.Hash != before) return $"seed {seed}, step {step}: folding the frames gives another state";
                }
                else
                {
                    var message = Next(random, sent);
                    if (Compare(bench, model, message, random.Next(3) == 0, mutant) is { } difference) return $"seed {seed}, step {step}: {difference}";
                    if (!isThorough) Count(counts, bench);
                    if (bench.Transaction.Decided.IsApproval) sent.Add(new Sent(message, bench.Transaction.Decided.ApprovalCode));
                    else if (random.Next(4) == 0) sent.Add(new Sent(message, 0));
                }

                if (Unsound(bench, model, isThorough || step % 100 == 0) is { } what) return $"seed {seed}, step {step}: {what}";
            }
        }
        catch (StopToProtectDataException stopped)
        {
            return $"seed {seed}: {stopped.Message}";
        }

        if (seen is not null)
        {
            lock (seen)
            {
                foreach (var (what, times) in counts) seen[what] = seen.GetValueOrDefault(what) + times;
            }
        }

        var again = isThorough || seed % 10 == 0 ? bench.Redecided().FirstOrDefault() : null;
        return again is { } decided ? $"seed {seed}: decided anew: {decided}" : null;
    }

    private static void Count(Dictionary<string, int> counts, Bench bench)
    {
        void Add(string what) => counts[what] = counts.GetValueOrDefault(what) + 1;
        ref readonly var decided = ref bench.Transaction.Decided;
        Add("transactions");
        Add(decided.Result.ToString());
        if (bench.Transaction.Verdict != Verdict.Answer) return;
        Add(decided.Effect.ToString());
        if (decided.Effect != EffectKind.Reversed) return;
        var isPart = (decided.Request.Has & RequestHas.Replacement) != 0 && bench.Transaction.Original.ReplacementMinor > 0;
        Add($"{bench.State.Keys.Entries[decided.OriginalKey].Effect} undone{(isPart ? " in part" : "")}");
    }

    private static RuleSet Rules(Bench bench)
    {
        var rules = new RuleSet { HoldDays = Model.HoldDays, PreAuthorizationDays = Model.EstimateDays, CategoryCount = 1 };
        rules.Categories[0] = new CategoryTerms { From = Restaurant, To = Restaurant, TolerancePermille = Model.TipPermille };
        rules.ProductCount = 1;
        rules.Products[0] = new ProductTerms { BinTo = 999_999, Operations = uint.MaxValue, PartialApproval = 1 };
        rules.SetCounterJump(0, Model.CounterJump);
        rules.AuthenticationClaimed = 1;
        rules.Chips[0] = Bench.Refused;
        Assert.True(new RulesDesk(bench.State).TryActivate(in rules, out var payload, out _));
        return payload;
    }

    private static string? Compare(Bench bench, Model model, Message message, bool asRepeat, Mutant mutant)
    {
        var approvalCode = (uint)(bench.NextSequence % Funds.ApprovalCodes);
        var verdict = Send(bench, message, model.IsPinRead(message), asRepeat, mutant);
        ref readonly var decided = ref bench.Transaction.Decided;
        var answer = (decided.Code.ToString(), verdict == Verdict.Repeat);
        var expected = model.Send(message, approvalCode);
        if (answer != expected) return $"{answer} {decided.Result} instead of {expected} for {message}";
        var isTold = decided.Effect == EffectKind.BalancesTold;
        if (isTold && (decided.Explanation.AvailableMinor, decided.Explanation.LedgerMinor) != model.Told) return $"not {model.Told} told for {message}";
        if (decided.AuthenticationTold.ToString() != model.ProofTold) return $"{decided.AuthenticationTold} told instead of {model.ProofTold} for {message}";
        if (decided.Code == ResponseCode.ApprovedInPart && decided.CountedMinor != model.Part) return $"not {model.Part} approved of {message}";
        // A void may take a refund back that was spent; advices are taken whatever the funds.
        var takes = verdict == Verdict.Answer && decided.IsApproval && !message.Advice && message is { Class: not 4, Function: not 2 };
        takes &= decided.HeldDelta - decided.LedgerDelta > 0;
        return takes && bench.View(message.Pan).AvailableMinor < 0 ? $"available below the limit after {message}" : null;
    }

    private static Verdict Send(Bench bench, Message message, bool isPinRead, bool asRepeat, Mutant mutant)
    {
        var mti = MtiOf(message.Class, message.Advice) | (asRepeat ? 1 : 0);
        var transaction = Bench.Changed(
            Bench.Purchase(message.Stan, message.Amount, (ushort)mti, message.Pan, message.Terminal),
            t =>
            {
                ref var request = ref t.Request;
                request.Acquirer = InstitutionId.Of((ulong)(400000 + message.Acquirer), 6);
                request.ProcessingCode = (uint)(message.Function * 10_000);
                request.MerchantCategory = message.Terminal == "TERM0002" ? Restaurant : (ushort)5999;
                request.CashMinor = (uint)message.Cash;
                request.Has |= FlagsOf(message);
                t.Original.ApprovalCode = message.ApprovalCode;
                t.Original.ReplacementMinor = message.Stays ?? 0;
                if (message.OriginalStan == 0) return t;
                t.Original.Mti = (ushort)MtiOf(message.OriginalClass, message.OriginalAdvice);
                t.Original.Stan = message.OriginalStan;
                t.Original.TraceTime = request.TraceTime;
                return t;
            });
        var cryptogram = message.Says.HasFlag(Says.WrongCryptogram) ? SecurityVerdict.Wrong
            : message.Chip == Model.ChipWithoutKey ? SecurityVerdict.Unable : SecurityVerdict.Right;
        if (message.Counter > 0) transaction = Bench.WithChip(transaction, (ushort)message.Counter, cryptogram, (ushort)message.Chip);
        if (message.Counter > 0) Tell(ref transaction.Evidence, message.Tells);
        if (isPinRead) transaction = Bench.WithPin(transaction, $"FFFF9876543{message.Terminal[^1]}10E{message.Serial:X5}");
        if (message.Authentic != Authentic.Nothing) Authenticate(ref transaction.Request, message.Authentic);
        mutant.BeforeDecide(ref transaction);
        if (message.AtCutOver) transaction.LinkIndex = 2;
        var verdict = bench.Decider.Decide(ref transaction, message.AtCutOver ? bench.AtCutOver() : bench.Now, bench.NextSequence);
        if (verdict == Verdict.Answer)
        {
            mutant.AfterDecide(ref transaction);
            bench.WriteBytes(JournalKind.Decided, Bench.PayloadOf(in transaction));
            if (mutant.AppliesTwice) bench.WriteBytes(JournalKind.Decided, Bench.PayloadOf(in transaction));
        }

        bench.Transaction = transaction;
        return verdict;
    }

    private static void Tell(ref Evidence evidence, Tells tells)
    {
        (evidence.Chip[Evidence.TerminalAt], evidence.ApplicationData[5]) = (0x40, 0x0F);       // Said, and not refused.
        (evidence.HasKind, evidence.Kind, evidence.ApplicationDataBytes) = (tells != Tells.Nothing, 0x80, 7);
        if (tells == Tells.TerminalRisk) evidence.Chip[Evidence.TerminalAt] |= 0x04;
        if (tells == Tells.ChipRisk) evidence.ApplicationData[5] |= 0x20;
        if (tells == Tells.ChipDeclines) evidence.Kind = 0x00;
    }

    private static void Authenticate(ref Request request, Authentic proof)
    {
        request.Has |= RequestHas.TellsAuthentication;
        request.Indicator = proof is Authentic.NotTried or Authentic.Wrong ? 7 : 5;
        if (proof is Authentic.NotTried or Authentic.ClaimedOnly) return;
        request.Has |= RequestHas.AuthenticationValue;
        var verdict = proof == Authentic.Right ? SecurityVerdict.Right : SecurityVerdict.Wrong;
        request.Security = SecurityVerdicts.Of(default, default, default, default, verdict);
    }

    private static int MtiOf(int messageClass, bool isAdvice) => (messageClass << 8) | (isAdvice ? 0x20 : 0);

    private static RequestHas FlagsOf(Message message)
    {
        var has = RequestHas.None;
        void Set(bool isSet, RequestHas flag) => has |= isSet ? flag : RequestHas.None;
        Set(message.Cash > 0, RequestHas.Cash);
        Set(message.OriginalStan != 0, RequestHas.Original);
        Set(message.ApprovalCode != 0, RequestHas.ApprovalCode);
        Set(message.Stays is not null, RequestHas.Replacement);
        Set(message.Says.HasFlag(Says.Estimate), RequestHas.PreAuthorization);
        Set(message.Says.HasFlag(Says.Increment), RequestHas.Increment);
        Set(message.Says.HasFlag(Says.Completion), RequestHas.Completion);
        Set(message.Says.HasFlag(Says.MoreFollow), RequestHas.MoreFollow);
        Set(message.Says.HasFlag(Says.PartialOk), RequestHas.PartialOk);
        Set(message.Says.HasFlag(Says.DeclinedElsewhere), RequestHas.DeclinedElsewhere);
        return has;
    }

    private static Message Next(Random random, List<Sent> sent)
    {
        // Some are what was sent before: a repeat, now and then with another body.
        if (sent.Count > 0 && random.Next(5) == 0)
        {
            var again = sent[random.Next(Math.Max(0, sent.Count - 20), sent.Count)].Message;
            again = again with { AtCutOver = random.Next(20) == 0 };
            return random.Next(10) switch
            {
                < 2 => again with { Amount = again.Amount + 1 },
                2 => again with { ApprovalCode = again.ApprovalCode + 1 },
                _ => again,
            };
        }

        var message = New(random, sent.Count);
        if (random.Next(5) < 2) return message;

        // Mostly of something that was approved lately, else of something that may still come.
        var original = sent.Count > 0 && random.Next(8) > 0 ? sent[^random.Next(1, Math.Min(30, sent.Count) + 1)] : new Sent(New(random, sent.Count), 4711);
        return Follow(random, message, original);
    }

    private static Message New(Random random, int sent)
    {
        var acquirer = random.Next(8) == 0 ? 2 : 1;
        var terminal = random.Next(3) == 0 ? "TERM0002" : "TERM0001";
        var pan = random.Next(12) switch { 0 => "4000000000000002", < 4 => Bench.OtherCard, _ => Bench.Card };
        var stan = (uint)random.Next(1, 5_000);
        var amount = random.Next(12) switch { 0 => 0, 1 => 70_000, _ => 100 * random.Next(1, 30) };
        var function = random.Next(16) switch { 0 => 1, 1 => 9, 2 => 20, 3 => 31, 4 => 30, 5 => 22, _ => 0 };
        if (function is 30 or 31 && random.Next(8) > 0) amount = 0;
        var says = (random.Next(4) == 0 ? Says.Estimate : 0) | (random.Next(6) == 0 ? Says.PartialOk : 0);
        var isAdvice = random.Next(8) == 0;
        if (isAdvice && random.Next(8) == 0) says |= Says.DeclinedElsewhere;
        var counter = random.Next(3) == 0 ? CounterOf(random, sent) : 0;
        var authentic = counter == 0 && random.Next(5) == 0 ? (Authentic)random.Next(1, 5) : Authentic.Nothing;
        return new Message(random.Next(3) == 0 ? 2 : 1, isAdvice, acquirer, stan, terminal, pan, amount)
        {
            Function = function,
            Cash = function == 9 ? random.Next(4) switch { 0 => 0, 1 => amount + 1, _ => amount / 2 } : 0,
            ApprovalCode = isAdvice && random.Next(2) == 0 ? (uint)random.Next(1_000_000, 1_000_050) : 0,
            Says = says | (random.Next(12) == 0 ? Says.WrongCryptogram : 0),
            Counter = counter,
            Authentic = authentic,
            Serial = counter == 0 && authentic == Authentic.Nothing && random.Next(4) == 0 ? Math.Max(1, 10 + sent + random.Next(-4, 8)) : 0,
            Chip = random.Next(6) switch { 0 => 2, 1 => Model.ChipWithoutKey, _ => 1 },
            AtCutOver = random.Next(40) == 0,
            Tells = random.Next(8) switch { 0 => (Tells)random.Next(2, 5), < 4 => Tells.Harmless, _ => Tells.Nothing },
        };
    }

    // Mostly a little after that of other messages of late, some below, now and then far off.
    private static int CounterOf(Random random, int sent) => random.Next(10) switch
    {
        0 => 100 + sent + random.Next(-90, 90),
        _ => 100 + sent + random.Next(-8, 12),
    };

    private static Message Follow(Random random, Message message, Sent original)
    {
        var of = original.Message;
        var byCode = original.ApprovalCode is not (0 or Decided.NoApprovalCode) && random.Next(2) == 0;
        var byOriginal = !byCode || random.Next(3) == 0;
        message = message with
        {
            Acquirer = random.Next(20) == 0 ? message.Acquirer : of.Acquirer,
            Pan = random.Next(20) == 0 ? message.Pan : of.Pan,
            Terminal = random.Next(4) == 0 ? message.Terminal : of.Terminal,
            Amount = random.Next(3) switch { 0 => message.Amount, 1 => Math.Max(100, of.Amount / 2), _ => of.Amount },
            Says = random.Next(20) == 0 ? Says.DeclinedElsewhere : Says.Nothing,
            Cash = 0,
            Advice = random.Next(2) == 0,
            ApprovalCode = byCode ? original.ApprovalCode : 0,
            OriginalStan = byOriginal ? of.Stan : 0,
            OriginalClass = byOriginal ? (of.Class == 4 ? 1 : of.Class) : 0,
            OriginalAdvice = byOriginal && of.Advice,
        };
        // Refunds are rare, and what is undone of them rarer still.
        var what = of.Function == 20 && random.Next(2) == 0 ? 0 : random.Next(20);
        return what switch
        {
            < 7 => message with { Class = 4, Function = of.Function, Stays = random.Next(3) == 0 ? random.Next(0, 12) * 100 : null },
            < 10 => message with { Class = 1, Function = 0, Says = message.Says | Says.Increment },
            < 16 => message with
            {
                Class = 2,
                Function = 0,
                Says = message.Says | (random.Next(2) == 0 ? Says.Completion : 0) | (random.Next(3) == 0 ? Says.MoreFollow : 0),
            },
            < 18 => message with { Class = random.Next(6) == 0 ? 1 : 2, Function = 20 },
            _ => message with { Class = random.Next(3) == 0 ? 1 : 2, Function = 2 },
        };
    }

    private static string? Unsound(Bench bench, Model model, bool isThorough)
    {
        foreach (var (pan, account) in model.Accounts)
        {
            var view = bench.View(pan);
            if ((view.LedgerMinor, view.HeldMinor) != account) return $"balances {view} are not {account}";
        }

        if (!isThorough) return null;
        var state = bench.State;
        if (state.Accounts.HeldMinorTotal != state.Holds.AmountMinorFromScratch()) return "held is not the sum of the holds";
        if (state.LedgerSums().Values.Any(sum => sum != 0)) return "a currency does not sum to zero";
        return state.Hash == state.HashFromScratch() ? null : "the rolling hash is not the hash from scratch";
    }

    private readonly record struct Sent(Message Message, uint ApprovalCode);
}
