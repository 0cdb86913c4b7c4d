using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;

namespace SunnySwitch.Core.Tests;

/// <summary>
/// Random sequences with repeats, other bodies, reversals before and after, cut-overs and restarts, the switch against the
/// model, after every step: code, balances, held = sum of holds (I4), rolling hash = hash from scratch. The mutants are the
/// control: each is a switch with one rule broken, and the same comparison has to find it.
/// </summary>
public sealed class ModelTests
{
    private const int Steps = 250;

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

    private static string? FirstDifference(int seed, Mutant mutant)
    {
        var random = new Random(seed);
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 4000, 8));
        var model = new Model { Accounts = { [Bench.Card] = (100_000, 0), [Bench.OtherCard] = (100_000, 0) } };
        var day = Bench.FirstDay;
        var sent = new List<Message>();
        try
        {
            for (var step = 0; step < Steps; step++)
            {
                var dice = random.Next(100);
                if (dice < 2)
                {
                    model.OpenDay();
                    day += random.Next(1, 4);
                    if (!mutant.ForgetsDays) bench.OpenDay(day);
                }
                else if (dice < 4)
                {
                    var before = bench.State.Hash;
                    if (mutant.ForgetsFramesAtRestart) bench.Frames.RemoveAt(bench.Frames.Count - 1);
                    if (random.Next(2) == 0 && !mutant.ForgetsFramesAtRestart) bench.RestartFromImage();
                    else bench.Restart();
                    if (bench.State.Hash != before) return $"step {step}: folding the frames gives another state";
                }
                else
                {
                    var message = Next(random, sent);
                    var (code, repeat, told) = Send(bench, message, random.Next(3) == 0, mutant);
                    if ((code, repeat) != model.Send(message)) return $"step {step}: {code} {repeat} for {message}";
                    var isTold = code == "00" && message is { Class: not 4, Function: 30 or 31 };
                    if (isTold && told != model.Told) return $"step {step}: {told} instead of {model.Told} for {message}";
                }

                if (Unsound(bench, model) is { } what) return $"step {step}: {what}";
            }
        }
        catch (StopToProtectDataException stopped)
        {
            return stopped.Message;
        }

        return bench.Redecided().FirstOrDefault() is { } difference ? $"decided anew: {difference}" : null;
    }

    private static (string Code, bool Repeat, (long Available, long Ledger) Told) Send(Bench bench, Message message, bool asRepeat, Mutant mutant)
    {
        var mti = (ushort)((message.Class << 8) | (message.Advice ? 0x20 : 0) | (asRepeat ? 1 : 0));
        var acquirer = InstitutionId.Of((ulong)(400000 + message.Acquirer), 6);
        var transaction = Bench.Changed(
            Bench.Purchase(message.Stan, message.Amount, mti, message.Pan, message.Terminal),
            t =>
            {
                t.Request.Acquirer = acquirer;
                t.Request.ProcessingCode = (uint)(message.Function * 10_000);
                if (message.Cash > 0) t.Request.Has |= RequestHas.Cash;
                t.Request.CashMinor = (uint)message.Cash;
                if (message.Class != 4) return t;
                var originalMti = (ushort)(message.OriginalClass << 8);
                t.Request.Has |= RequestHas.Original;
                t.Original = new OriginalData
                {
                    Mti = originalMti,
                    Stan = message.OriginalStan,
                    TraceTime = t.Request.TraceTime,
                };
                if (message.Stays is not { } stays) return t;
                t.Request.Has |= RequestHas.Replacement;
                t.Original.ReplacementMinor = stays;
                return t;
            });
        mutant.BeforeDecide(ref transaction);
        var verdict = bench.Decider.Decide(ref transaction, bench.Now, bench.NextSequence);
        if (verdict == Verdict.Answer)
        {
            mutant.AfterDecide(ref transaction);
            bench.WriteBytes(JournalKind.Decided, Bench.PayloadOf(in transaction));
            if (mutant.AppliesTwice) bench.WriteBytes(JournalKind.Decided, Bench.PayloadOf(in transaction));
        }

        var why = transaction.Decided.Explanation;
        return (transaction.Decided.Code.ToString(), verdict == Verdict.Repeat, (why.AvailableMinor, why.LedgerMinor));
    }

    private static Message Next(Random random, List<Message> sent)
    {
        // A third is something that was sent before: a repeat, now and then with another body.
        if (sent.Count > 0 && random.Next(3) == 0)
        {
            var again = sent[random.Next(Math.Max(0, sent.Count - 20), sent.Count)];
            return random.Next(5) == 0 ? again with { Amount = again.Amount + 1 } : again;
        }

        var acquirer = random.Next(1, 3);
        var terminal = random.Next(4) == 0 ? "TERM0002" : "TERM0001";
        var pan = random.Next(8) switch { 0 => "4000000000000002", < 3 => Bench.OtherCard, _ => Bench.Card };
        var stan = (uint)random.Next(1, 60);
        var amount = random.Next(8) switch { 0 => 0, 1 => 70_000, _ => 100 * random.Next(1, 5) };
        var function = random.Next(12) switch { 0 => 1, 1 => 9, 2 or 3 => 20, 4 => 31, 5 => 30, 6 => 22, _ => 0 };
        if (function is 30 or 31 && random.Next(8) > 0) amount = 0;
        var cash = function == 9 ? random.Next(4) switch { 0 => 0, 1 => amount + 1, _ => amount / 2 } : 0;
        var message = new Message(random.Next(1, 3), false, acquirer, stan, terminal, pan, amount) { Function = function, Cash = cash };
        if (random.Next(5) < 2)
        {
            // Mostly of something that was sent, else of something that may still come.
            var original = sent.Count > 0 && random.Next(4) > 0 ? sent[^random.Next(1, Math.Min(12, sent.Count) + 1)] : message;
            message = message with
            {
                Class = 4,
                Advice = random.Next(2) == 0,
                Acquirer = random.Next(10) == 0 ? acquirer : original.Acquirer,
                Pan = random.Next(10) == 0 ? pan : original.Pan,
                Amount = original.Amount,
                Function = original.Function,
                Cash = 0,
                OriginalStan = original.Stan,
                OriginalClass = original.Class == 4 ? 1 : original.Class,
                Stays = random.Next(3) == 0 ? random.Next(0, 5) * 100 : null,
            };
        }

        sent.Add(message);
        return message;
    }

    private static string? Unsound(Bench bench, Model model)
    {
        foreach (var (pan, account) in model.Accounts)
        {
            var view = bench.View(pan);
            if ((view.LedgerMinor, view.HeldMinor) != account) return $"balances {view} are not {account}";
            if (view.AvailableMinor < -model.TakenBack(pan)) return "available below the limit";
        }

        var state = bench.State;
        if (state.Accounts.HeldMinorTotal != state.Holds.AmountMinorFromScratch()) return "held is not the sum of the holds";
        return state.Hash == state.HashFromScratch() ? null : "the rolling hash is not the hash from scratch";
    }
}
