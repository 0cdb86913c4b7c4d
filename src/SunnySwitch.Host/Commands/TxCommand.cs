using System.CommandLine;
using System.Globalization;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Disk;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Reading;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny tx explain|find</c>: why a transaction came out as it did, from its frame.</summary>
internal static class TxCommand
{
    private const int Done = 0, SomethingFailed = 1, WrongUse = 2;

    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "The switch's data folder.", Required = true };
        var json = new Option<bool>("--json") { Description = "JSON, one object a transaction." };
        var wanted = new Argument<string>("id")
        {
            Description = "RRN (DE37, twelve characters), STAN (DE11, up to six digits), or # and the sequence of a frame.",
        };
        var explain = new Command("explain", "Shows what was asked, which checks were run, what decided, and what became of it.") { wanted, data, json };
        explain.SetAction(parsed => Explain(parsed.GetValue(wanted)!, parsed.GetValue(data)!, parsed.GetValue(json)));
        return new Command("tx", "Transactions.") { explain, TxFindCommand.Create() };
    }

    private static int Explain(string id, string folder, bool json)
    {
        if (Match.Of(id) is not { } match)
        {
            Console.Error.WriteLine($"sunny: {id}: twelve characters of an RRN, up to six digits of a STAN, or # and a sequence");
            return WrongUse;
        }

        return KeepCommands.Guarded(folder, _ =>
        {
            var disk = FileDisk.ForReading(Path.Combine(folder, "journal"));
            var found = Find(disk, match);
            foreach (var each in found)
            {
                if (json)
                {
                    JournalLines.WriteJson(
                        Console.Out, writer => TxText.WriteJson(writer, in each.Header, each.Decided, each.Original, each.Charges, each.Shared));
                }
                else
                {
                    Console.Write(TxText.Describe(in each.Header, each.Decided, each.Original, each.Charges, each.Shared));
                }
            }

            if (found.Count == 0) Console.Error.WriteLine($"sunny: {id}: no such transaction in this journal");
            return found.Count == 0 ? SomethingFailed : Done;
        });
    }

    // The transactions themselves, and whatever names one of them by DE90 or DE38, before or after it.
    private static List<Found> Find(FileDisk disk, Match match)
    {
        var found = new List<Found>();
        var followers = new List<Found>();
        using var reader = new JournalReader(disk);
        while (reader.TryRead(out var header, out var payload))
        {
            if (header.Kind != JournalKind.Decided) continue;
            if (!Decided.TryRead(header.KindVersion, payload, out var decided, out var original, out var charges, out var tail)) continue;
            SharedCounts.TryRead(tail, out var shared);
            if (match.Is(header.Sequence, in decided.Request)) found.Add(new Found(header, decided, original, charges, shared));
            else if ((decided.Request.Has & RequestHas.Names) != 0) followers.Add(new Found(header, decided, original, charges, shared));
        }

        if (reader.Problem is { } problem) throw new InvalidDataException(problem);
        var keys = found.Select(each => each.Decided.Request.KeyPrimary).ToHashSet();
        var codes = found.Where(each => each.Decided.ApprovalCode != Decided.NoApprovalCode)
            .Select(each => (each.Decided.ApprovalCode, each.Decided.Request.Pan)).ToHashSet();
        found.AddRange(followers.Where(each =>
            keys.Contains(each.Original.KeyPrimary) || codes.Contains((each.Original.ApprovalCode, each.Decided.Request.Pan))));
        found.Sort((one, other) => one.Header.Sequence.CompareTo(other.Header.Sequence));
        return found;
    }

    private sealed class Found(FrameHeader header, Decided decided, OriginalData original, Charges charges, SharedCounts shared)
    {
        public readonly FrameHeader Header = header;
        public readonly Decided Decided = decided;
        public readonly OriginalData Original = original;
        public readonly Charges Charges = charges;
        public readonly SharedCounts Shared = shared;
    }

    private sealed record Match(long Sequence, ulong? Stan, string? Rrn)
    {
        public static Match? Of(string id)
        {
            if (id.StartsWith('#'))
            {
                return long.TryParse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) ? new(sequence, null, null) : null;
            }

            if (id.Length == 12) return new(0, null, id);
            return id.Length <= 6 && ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var stan) ? new(0, stan, null) : null;
        }

        public bool Is(long sequence, in Request request) =>
            Sequence > 0 ? sequence == Sequence : Stan is { } stan ? request.Stan == stan : request.Rrn.ToString() == Rrn;
    }
}
