using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Reading;

namespace SunnySwitch.Ledger.Queries;

/// <summary>Looks for transactions in the journal itself, from end to end.</summary>
public static class JournalSearch
{
    /// <summary>The newest that fit.</summary>
    /// <exception cref="InvalidDataException">The journal is damaged.</exception>
    public static List<FoundTransaction> Find(IDisk journal, TransactionQuery query)
    {
        var found = new Queue<FoundTransaction>();
        DateOnly? date = null;
        using var reader = new JournalReader(journal);
        while (reader.TryRead(out var header, out var payload))
        {
            if (header.Kind == JournalKind.BusinessDateOpened) date = DateOf(MemoryMarshal.Read<BusinessDateOpened>(payload).DayNumber);
            if (header.Kind != JournalKind.Decided || !Decided.TryRead(header.KindVersion, payload, out var decided, out _)) continue;
            if (query.Stan is { } stan && decided.Request.Stan != (ulong)stan) continue;
            if (query.AmountMinor is { } amount && decided.Request.AmountMinor != amount) continue;
            if (query.Token is { } token && decided.Request.Pan != token) continue;
            var row = Row(in header, in decided, date);
            if (!query.Fits(row)) continue;
            found.Enqueue(row);
            if (found.Count > query.Limit) found.Dequeue();
        }

        if (reader.Problem is { } problem) throw new InvalidDataException(problem);
        return [.. found.Reverse()];
    }

    private static DateOnly DateOf(int day) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(day);

    private static FoundTransaction Row(in FrameHeader header, in Decided decided, DateOnly? date)
    {
        ref readonly var request = ref decided.Request;
        return new FoundTransaction(
            header.Sequence, DateTime.UnixEpoch.AddTicks(header.TimeNanos / 1_000 * 10), date, request.Acquirer.ToString(),
            int.Parse(request.Mti.ToString("X4", null), null), (long)request.Stan, Printable(request.Rrn.ToString()), decided.Code.ToString(),
            decided.Result, decided.ApprovalCode == Decided.NoApprovalCode ? null : Base36(decided.ApprovalCode),
            request.Has.HasFlag(RequestHas.Amount) ? request.AmountMinor : null, request.Has.HasFlag(RequestHas.Currency) ? request.Currency : null,
            decided.HeldDelta, decided.LedgerDelta, request.TruncatedPan.ToString(), request.Pan, Printable(request.Terminal.ToString()),
            Printable(request.CardAcceptor.ToString()));
    }

    private static string Base36(uint value) => string.Create(6, value, static (code, left) =>
    {
        for (var index = code.Length - 1; index >= 0; index--, left /= 36) code[index] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(int)(left % 36)];
    });

    // As the table has it.
    private static string Printable(string text) => string.Concat(text.TrimEnd(' ').Select(each => each is < ' ' or '\x7F' ? '?' : each));
}
