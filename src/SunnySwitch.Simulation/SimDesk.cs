using System.Globalization;
using System.Text;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Simulation;

/// <summary>What a desk's call is about, as the simulation has it.</summary>
internal interface IDeskCourse
{
    /// <summary>The request that the switch is at, which has to be this one.</summary>
    Work At(int connection, uint generation, ulong stan);

    /// <summary>What of it may be looked at now.</summary>
    Looks MayAsk(Work work);

    /// <summary>It has been decided.</summary>
    void Judge(Work work);

    bool IsFull { get; }

    bool IsPeace { get; }

    void Wait(long ticket, Awaited what);

    void Finish();

    /// <summary>The request that the switch is at.</summary>
    Work Now { get; }

    /// <summary>Shared limits that others may be asked for, for it.</summary>
    IReadOnlyList<LimitRule> OthersOf(Work work);

    /// <summary>The rules and the date in force.</summary>
    (int Rules, int Date) Under { get; }

    bool IsHalfFull { get; }

    /// <summary>What others say comes after so long.</summary>
    void Later(long nanos, DeskAnswered answered, in SharedCounts written, Others told);

    /// <summary>An answer comes after so long; once more only when nobody waits for it.</summary>
    void Later(long nanos, DeskAnswered answered, bool isAgain);
}

/// <summary>
/// A desk that says of each thing what was written into it: at once, later and in any order, twice, never; or it is full, fails, is late. No
/// cryptography.
/// </summary>
internal sealed class SimDesk(Swarm swarm, Prng prng, IDeskCourse course, Action<string> happened) : IHsmDesk
{
    private const int ChipBytes = 8;
    private const long Micro = 1_000;

    /// <summary>What a chip gets, in hex, with tag and length; nothing where its cryptogram is not right.</summary>
    public static string ChipOf(Sent sent) =>
        sent.Message!.Proof.Chip == Proven.Right ? $"9108{sent.Message.Class:X2}{sent.Stan.ToString(CultureInfo.InvariantCulture).PadLeft(14, '0')}" : "";

    public DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction)
    {
        var work = At(in transaction);
        Ledger.Check(work.Said is null, "I2", $"{work.Sent.Message}: the desk is asked twice");
        var looks = course.MayAsk(work);
        Ledger.Check((Looks)checks == looks, "I2", $"{work.Sent.Message}: the desk is asked for {checks}, not for {looks}");
        var said = Read(in transaction, looks, work);
        CheckTicket(ticket);
        var verdicts = new SecurityVerdicts(said.InFrame);
        var isUnasked = (looks & Looks.Pin) == 0 && work.Sent.Message is { Class: 1 or 2, Advice: false, Proof.Pin: not Proven.Nothing };
        work.Said = isUnasked ? said with { Pin = Proven.Unable } : said;  // Whatever becomes of its tries meanwhile.
        switch (Take(ticket))
        {
            case DeskAnswer.Pending:
                course.Wait(ticket, Awaited.Verdicts);
                AnswerLater(new DeskAnswered { Ticket = ticket, Verdicts = verdicts });
                return DeskAnswer.Pending;
            case DeskAnswer.Done:
                transaction.Request.Security = verdicts;
                return DeskAnswer.Done;
            case var other:
                return work.Desk = other;
        }
    }

    public DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes)
    {
        bytes = 0;
        var work = At(in transaction);
        if (work.Expected is null) course.Judge(work);
        var isAnswer = work is { Expected.Key: not 0, IsChipAsked: false, Sent.Message.Proof.Chip: not Proven.Nothing };
        Ledger.Check(isAnswer, "I3", $"{work.Sent.Message}: the chip's part is asked for");
        CheckEvidence(in transaction, work);
        CheckTicket(ticket, work);
        work.IsChipAsked = true;
        var chip = ChipOf(work.Sent);
        switch (Take(ticket))
        {
            case DeskAnswer.Pending:
                course.Wait(ticket, Awaited.Chip);
                var answered = new DeskAnswered { Ticket = ticket, DataBytes = (byte)(chip.Length > 0 ? ChipBytes : 0) };
                if (chip.Length > 0) Convert.FromHexString(chip.AsSpan(4)).CopyTo(answered.Data);
                AnswerLater(answered);
                return DeskAnswer.Pending;
            case DeskAnswer.Done:
                if (chip.Length == 0) return DeskAnswer.Done;
                bytes = ChipBytes;
                Convert.FromHexString(chip.AsSpan(4)).CopyTo(data);
                work.Expected = work.Expected!.Value with { Chip = chip };
                return DeskAnswer.Done;
            case var other:
                bytes = ChipBytes;                                         // Meant with Done only.
                return other;
        }
    }

    public DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac)
    {
        Ledger.Check(swarm.HasMac, "I3", "an answer without a MAC is signed");
        Span<byte> made = stackalloc byte[Wire.MacBytes];
        Wire.MacOf(message, made);
        switch (Take(ticket))
        {
            case DeskAnswer.Pending:
                course.Wait(ticket, Awaited.Mac);
                var answered = new DeskAnswered { Ticket = ticket, DataBytes = Wire.MacBytes };
                made.CopyTo(answered.Data);
                AnswerLater(answered);
                return DeskAnswer.Pending;
            case DeskAnswer.Done:
                made.CopyTo(mac);
                return DeskAnswer.Done;
            case var other:
                happened("no MAC, no answer");
                course.Finish();
                return other;
        }
    }

    private Work At(in Transaction transaction) => course.At(transaction.Connection, transaction.Generation, transaction.Decided.Request.Stan);

    private void CheckTicket(long ticket, Work? work = null)
    {
        if (work is { Ticket: not 0 }) Ledger.Check(ticket == work.Ticket, "I8", $"ticket {ticket:X} where {work.Ticket:X} waits");
        else Ledger.Check(ticket == 0 == course.IsFull, "I11", $"ticket {ticket:X} where the table of those that wait is {(course.IsFull ? "" : "not ")}full");
    }

    /// <summary>What is written into what was brought, which has to be what was sent.</summary>
    private static Said Read(in Transaction transaction, Looks looks, Work work)
    {
        CheckEvidence(in transaction, work);
        var proof = work.Sent.Message?.Proof ?? Proof.None;
        var code = proof.Code != Proven.Nothing ? proof.Code : proof.Printed;
        var mac = (looks & Looks.Mac) == 0 ? Proven.Nothing : IsSigned(in transaction) ? Proven.Right : Proven.Wrong;
        Ledger.Check(mac == ((looks & Looks.Mac) == 0 ? Proven.Nothing : work.Sent.Mac), "I3", $"{work.Sent.Message}: the MAC is {mac}, sent {work.Sent.Mac}");
        return new Said(
            (looks & Looks.Pin) != 0 ? proof.Pin : 0, (looks & Looks.Code) != 0 ? code : 0, (looks & Looks.Chip) != 0 ? proof.Chip : 0, mac);
    }

    private static bool IsSigned(in Transaction transaction)
    {
        ReadOnlySpan<byte> mac = transaction.Evidence.Mac;
        return Wire.IsMacOf(transaction.Signed[..transaction.SignedBytes], mac[..transaction.Evidence.MacBytes]);
    }

    private static void CheckEvidence(in Transaction transaction, Work work)
    {
        if (work.Sent.Message is not { } message) return;
        ref readonly var evidence = ref transaction.Evidence;
        var proof = message.Proof;
        Check(proof == Proof.None || Encoding.ASCII.GetString(evidence.PanText) == message.Pan, "PAN");
        Check(proof.Pin == 0 || (evidence.PinBytes == 8 && evidence.PinBlock[0] == (byte)proof.Pin), "PIN block");
        Check(proof.Pin == 0 || Convert.ToHexString(evidence.KeySerial) == proof.KeySerial, "serial number");
        Check(proof.Code == 0 || (evidence.DiscretionaryDigits == 10 && evidence.Discretionary[9] == '0' + (byte)proof.Code), "track");
        Check(proof.Printed == 0 || (evidence.CardCodeDigits == 3 && evidence.CardCode[2] == '0' + (byte)proof.Printed), "printed code");
        Check(proof.Chip == 0 || evidence.Cryptogram[0] == (byte)proof.Chip, "cryptogram");

        void Check(bool holds, string what) => Ledger.Check(holds, "I3", $"{message}: another's {what} is looked at");
    }

    private DeskAnswer Take(long ticket)
    {
        if (course.IsPeace) return ticket != 0 && prng.Chance(swarm.DeskSlow) ? DeskAnswer.Pending : DeskAnswer.Done;
        var drawn = prng.Below(1_000);
        if ((drawn -= swarm.DeskFulls) < 0) return Fate(DeskAnswer.Full);
        if ((drawn -= swarm.DeskFails) < 0) return Fate(DeskAnswer.Failed);
        if (drawn - swarm.DeskFails < 0) return Fate(DeskAnswer.Late);
        if (!prng.Chance(swarm.DeskSlow)) return DeskAnswer.Done;
        return ticket == 0 ? Fate(DeskAnswer.Full) : DeskAnswer.Pending;
    }

    private DeskAnswer Fate(DeskAnswer answer)
    {
        happened($"desk {answer}");
        return answer;
    }

    /// <summary>Soon, or after seconds, or never; now and then twice.</summary>
    private void AnswerLater(DeskAnswered answered)
    {
        if (!course.IsPeace)
        {
            if (prng.Chance(swarm.DeskSilences)) return;
            if (prng.Chance(swarm.DeskFails)) answered.Answer = prng.Chance(500) ? DeskAnswer.Failed : DeskAnswer.Late;
        }

        var isLong = !course.IsPeace && prng.Chance(swarm.DeskSilences);
        var nanos = isLong ? prng.Exponential(8_000_000 * Micro) : prng.Exponential(swarm.DeskMicros * Micro);
        course.Later(nanos, answered, isAgain: false);
        if (prng.Chance(10)) course.Later(nanos + prng.Exponential(1_000 * Micro), answered, isAgain: true);
    }
}
