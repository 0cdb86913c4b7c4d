using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Ledger.Projection;

/// <summary>A frame as a row of <c>sunny.decision</c>.</summary>
internal static class DecisionRow
{
    /// <summary>The columns, as the table has them.</summary>
    public const string Columns =
        "sequence, number, decided_at, stan, amount, held_delta, ledger_delta, fee, undoes, original_stan, card_token, business_date, link, "
        + "processing_code, trace_time, original_time, card, account, hold, mti, result, effect, origin, currency, category, entry_mode, original_mti, "
        + "response_code, acquirer, pan_masked, rrn, approval_code, terminal, merchant, original_acquirer, original_approval";

    public const short Fields = 36;

    /// <param name="rows">Gets the row.</param>
    /// <param name="header">The frame's.</param>
    /// <param name="decided">The decision.</param>
    /// <param name="original">What it names.</param>
    /// <param name="charges">Its fee.</param>
    /// <param name="number">The how manieth decision of the journal it is.</param>
    /// <param name="day">Business date, days since 1970.</param>
    public static void Write(
        CopyBuffer rows, in FrameHeader header, in Decided decided, in OriginalData original, in Charges charges, long number, int day)
    {
        ref readonly var request = ref decided.Request;
        var has = request.Has;
        var isNamed = (has & RequestHas.Original) != 0;
        rows.Row(Fields);
        rows.Int64(header.Sequence);
        rows.Int64(number);
        rows.Time(header.TimeNanos);
        rows.Int64((long)request.Stan);
        rows.Int64(request.AmountMinor, (has & RequestHas.Amount) != 0);
        rows.Int64(decided.HeldDelta);
        rows.Int64(decided.LedgerDelta);
        rows.Int64(charges.FeeMinor, charges.FeeMinor != 0);
        rows.Int64(decided.OriginalKey, decided.OriginalKey != 0);
        rows.Int64((long)original.Stan, isNamed);
        rows.Token(request.Pan);
        rows.Date(day);
        rows.Int32((int)decided.Link);
        rows.Int32((int)request.ProcessingCode);
        rows.Int32((int)request.TraceTime);
        rows.Int32((int)original.TraceTime, isNamed);
        rows.Int32(decided.Card, decided.Card >= 0);
        rows.Int32(decided.Account, decided.Account >= 0);
        rows.Int32(decided.Hold, decided.Hold >= 0);
        rows.Int16(Mti(request.Mti));
        rows.Int16((short)decided.Result);
        rows.Int16((byte)decided.Effect);
        rows.Int16((byte)decided.Origin);
        rows.Int16(request.Currency, (has & RequestHas.Currency) != 0);
        rows.Int16(request.MerchantCategory);
        rows.Int16(request.EntryMode);
        rows.Int16(Mti(original.Mti), isNamed);
        rows.Code(decided.Code);
        rows.Institution(request.Acquirer, isNullable: false);
        rows.Pan(request.TruncatedPan);
        rows.Text(request.Rrn);
        rows.Approval(decided.ApprovalCode, decided.ApprovalCode != Decided.NoApprovalCode);
        rows.Text(request.Terminal);
        rows.Text(request.CardAcceptor);
        rows.Institution(original.Acquirer, isNullable: true);
        rows.Approval(original.ApprovalCode, (has & RequestHas.ApprovalCode) != 0);
    }

    /// <summary>Four BCD digits as the number that people write.</summary>
    private static int Mti(ushort bcd) => ((bcd >> 12) & 0xF) * 1000 + ((bcd >> 8) & 0xF) * 100 + ((bcd >> 4) & 0xF) * 10 + (bcd & 0xF);
}
