using System.Globalization;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Simulation;

/// <summary>What other cells have counted, or why that is not known, in the reference's words.</summary>
internal sealed record Others(SharedSource Source, IReadOnlyList<(int Limit, long Count, long Amount)> Counts)
{
    public static Others Without(SharedSource why) => new(why, []);

    /// <summary>Of a limit.</summary>
    public (long Count, long Amount) Of(int limit) => Counts.Where(each => each.Limit == limit).Select(each => (each.Count, each.Amount)).FirstOrDefault();

    /// <summary>The end of a frame; empty: there is none.</summary>
    public static string Text(ReadOnlySpan<byte> tail)
    {
        if (!SharedCounts.TryRead(tail, out var counts)) return "";
        var limits = ((ReadOnlySpan<SharedCount>)counts.Limits)[..counts.Count].ToArray();
        return new Others(counts.Source, [.. limits.Select(each => ((int)each.Limit, each.Count, each.AmountMinor))]).ToString();
    }

    public override string ToString() =>
        $"{Source}" + string.Concat(Counts.Select(each => string.Create(CultureInfo.InvariantCulture, $" {each.Limit}: {each.Count} {each.Amount}")));
}

/// <summary>
/// Other cells, whose counts are whatever the seed says: told at once, later, too late, twice, never; or the desk is full, or fails.
/// </summary>
internal sealed class SimOthers(Swarm swarm, Prng prng, IDeskCourse course) : ISharedDesk
{
    private const long Micro = 1_000;
    private readonly Dictionary<ulong, (int Limit, int Piece)> _asked = [];

    public DeskAnswer Ask(long ticket, ReadOnlySpan<CounterQuestion> questions, ref SharedCounts counts)
    {
        var work = course.Now;
        Ledger.Check(work.Others is null && work.Awaited == Awaited.Nothing, "I2", $"{work.Sent.Message}: other cells are asked twice");
        var limits = course.OthersOf(work);
        CheckQuestions(questions, limits, work);
        if (work.Ticket != 0) Ledger.Check(ticket == work.Ticket, "I8", $"ticket {ticket:X} where {work.Ticket:X} waits");
        else Ledger.Check(ticket == 0 == course.IsHalfFull, "I11", $"{work.Sent.Message}: asked under ticket {ticket:X}, half full {course.IsHalfFull}");
        work.Under = course.Under;
        if (ticket == 0)
        {
            work.Others = Others.Without(SharedSource.Full);
            return DeskAnswer.Full;
        }

        var told = Draw(limits, out var written);
        var answer = Take();
        switch (answer)
        {
            case DeskAnswer.Pending:
                course.Wait(ticket, Awaited.Counts);
                AnswerLater(ticket, in written, told);
                break;
            case DeskAnswer.Done:
                (counts, work.Others) = (written, told);
                break;
            default:
                work.Others = Others.Without(Of(answer));
                counts = written;                                          // Meant with Done only.
                break;
        }

        return answer;
    }

    public static SharedSource Of(DeskAnswer answer) => answer switch
    {
        DeskAnswer.Full => SharedSource.Full,
        DeskAnswer.Late => SharedSource.Late,
        _ => SharedSource.Failed,
    };

    /// <summary>Each limit is asked for by its own key, one that slides on two dates; windows never go back.</summary>
    private void CheckQuestions(ReadOnlySpan<CounterQuestion> questions, IReadOnlyList<LimitRule> limits, Work work)
    {
        List<(int, bool)> expected = [.. limits.SelectMany(limit => Enumerable.Repeat((limit.Id, limit.Minutes > 0), limit.Minutes > 0 ? 2 : 1))];
        var asked = new List<(int, bool)>();
        foreach (var question in questions)
        {
            asked.Add((question.Limit, question.Key.Kind == Core.State.CounterKind.Sliding));
            var (limit, piece) = _asked.GetValueOrDefault(question.Key.Primary, (question.Limit, 0));
            Ledger.Check(limit == question.Limit, "limits", $"limits {limit} and {question.Limit} are asked for by one key");
            Ledger.Check(question.Piece >= piece, "limits", $"a window goes back from piece {piece} to {question.Piece}");
            _asked[question.Key.Primary] = (question.Limit, question.Piece);
        }

        Ledger.Check(asked.SequenceEqual(expected), "limits", $"{work.Sent.Message}: others are asked for {asked.Count} counters, not for {expected.Count}");
    }

    private Others Draw(IReadOnlyList<LimitRule> limits, out SharedCounts written)
    {
        written = SharedCounts.Without(SharedSource.Told);
        var told = new List<(int, long, long)>();
        foreach (var limit in limits)
        {
            var (count, amount) = prng.Chance(600) ? (0, 0) : (prng.Below(limit.CountMax + 2), prng.Below((int)limit.AmountMax + 2));
            // In two parts, as two cells would have it.
            var part = prng.Below(count + 1);
            written.Add((byte)limit.Id, part, 0, areBits: false);
            written.Add((byte)limit.Id, count - part, amount, areBits: false);
            told.Add((limit.Id, count, amount));
        }

        return new Others(SharedSource.Told, told);
    }

    private DeskAnswer Take()
    {
        var isSlow = prng.Chance(swarm.SharedSlow);
        if (course.IsPeace) return isSlow ? DeskAnswer.Pending : DeskAnswer.Done;
        var drawn = prng.Below(1_000);
        if ((drawn -= swarm.SharedFails) < 0) return DeskAnswer.Failed;
        if (drawn - swarm.SharedFails < 0) return DeskAnswer.Full;
        return isSlow ? DeskAnswer.Pending : DeskAnswer.Done;
    }

    private void AnswerLater(long ticket, in SharedCounts written, Others told)
    {
        if (!course.IsPeace && prng.Chance(swarm.SharedSilences)) return;
        var isBroken = !course.IsPeace && prng.Chance(swarm.SharedFails);
        var answered = new DeskAnswered { Ticket = ticket, Answer = !isBroken ? DeskAnswer.Done : prng.Chance(500) ? DeskAnswer.Failed : DeskAnswer.Late };
        var nanos = prng.Exponential(swarm.SharedMicros * Micro);
        course.Later(nanos, answered, in written, told);
        // Once more: by then nobody waits for it, or it is the same.
        if (prng.Chance(20)) course.Later(nanos + prng.Exponential(1_000 * Micro), answered, in written, told);
    }
}
