using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Ledger.Projection;

/// <summary>What is in a column, to show it.</summary>
internal enum ColumnKind : byte { Number, Text, Date, Time, Token, Flag, Masked }

/// <summary>A table as it is written and compared: its columns in order, the first its key.</summary>
internal sealed record TableRows(string Name, string Columns, ColumnKind[] Kinds)
{
    private const ColumnKind N = ColumnKind.Number, T = ColumnKind.Text, D = ColumnKind.Date;

    public static readonly TableRows Decision = new("sunny.decision", DecisionRow.Columns,
    [
        N, N, ColumnKind.Time, N, N, N, N, N, N, N, ColumnKind.Token, D, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, T, T, ColumnKind.Masked, T, T, T, T, T, T,
    ])
    {
        IsAppended = true,
    };

    public static readonly TableRows Account = new("sunny.account", "number, currency, ledger, held, credit_line", [N, N, N, N, N]);

    public static readonly TableRows Card = new(
        "sunny.card", "number, account, token, pan_masked, expiry, status, hot, hot_from, hot_to, hot_region, pin_method, pin_tries, has_address",
        [N, N, ColumnKind.Token, ColumnKind.Masked, N, N, N, D, D, N, N, N, ColumnKind.Flag]);

    public static readonly TableRows Hold = new(
        "sunny.hold", "slot, card, account, opened, authorized, held, captured, expires_on, ended_on, status, completed", [N, N, N, N, N, N, N, D, D, N, N]);

    /// <summary>Without what the projection notes for itself.</summary>
    public static readonly TableRows ComparedHold = new("sunny.hold", Hold.Columns.Replace(", completed", "", StringComparison.Ordinal), Hold.Kinds[..10]);

    /// <summary>Rows are written once, in order of their keys.</summary>
    public bool IsAppended { get; private init; }

    /// <summary>The names of the columns.</summary>
    public string[] Names { get; } = Columns.Split(", ");

    public static void WriteAccount(CopyBuffer rows, int number, in AccountView account)
    {
        rows.Row(5);
        rows.Int32(number);
        rows.Int16(account.Currency);
        rows.Int64(account.LedgerMinor);
        rows.Int64(account.HeldMinor);
        rows.Int64(account.CreditLineMinor);
    }

    public static void WriteCard(CopyBuffer rows, PanToken pan, int number, int account, in CardView card)
    {
        rows.Row(13);
        rows.Int32(number);
        rows.Int32(account);
        rows.Token(pan);
        rows.Pan(card.Pan);
        rows.Int16(card.Expiry);
        rows.Int16((byte)card.Status);
        rows.Int16((byte)card.Hot);
        rows.Date(card.HotFrom);
        rows.Date(card.HotTo);
        rows.Int16(card.HotRegion);
        rows.Int16((byte)card.PinMethod);
        rows.Int16(card.PinTries);
        rows.Bool(card.HasAddress);
    }

    public static void WriteHold(CopyBuffer rows, int slot, in HoldRow hold)
    {
        rows.Row(11);
        WriteHoldFields(rows, slot, in hold);
        rows.Int64(hold.Completed);
    }

    public static void WriteComparedHold(CopyBuffer rows, int slot, in HoldRow hold)
    {
        rows.Row(10);
        WriteHoldFields(rows, slot, in hold);
    }

    private static void WriteHoldFields(CopyBuffer rows, int slot, in HoldRow hold)
    {
        rows.Int32(slot);
        rows.Int32(hold.Card);
        rows.Int32(hold.Account);
        rows.Int64(hold.Opened);
        rows.Int64(hold.Authorized);
        rows.Int64(hold.Held);
        rows.Int64(hold.Captured);
        rows.Date(hold.Expires);
        rows.Date(hold.EndedOn);
        rows.Int16(hold.Status);
    }
}
