using System.Runtime.InteropServices;
using System.Text;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>What the register says of a merchant or terminal. Durable.</summary>
public enum AcceptorStatus : byte
{
#pragma warning disable CS1591
    None = 0, Active = 1, Suspended = 2, Closed = 3,
#pragma warning restore CS1591
}

/// <summary>
/// A merchant of an acquirer, or one of its terminals; identifiers without the blanks behind them.
/// <code>
/// 0 acquirer 8 | 8 DE42 16 | 24 DE41, zeros: the merchant itself 16 | 40 category, 0: any 2 | 42 status 1 | 43 unused 5 | 48
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct AcceptorEntry : IRegistered<AcceptorEntry>
{
    public const int Bytes = 48;
    [FieldOffset(0)] public ulong Acquirer;
    [FieldOffset(8)] public UInt128 Merchant;
    [FieldOffset(24)] public UInt128 Terminal;
    [FieldOffset(40)] public ushort Category;
    [FieldOffset(42)] public AcceptorStatus Status;

    public readonly bool IsUsed => Status != AcceptorStatus.None;

    public readonly ulong Home
    {
        get
        {
            var mix = new Mix((ulong)StateTable.Acceptors);
            mix.Add(Acquirer, (ulong)Merchant);
            mix.Add((ulong)(Merchant >> 64), (ulong)Terminal);
            mix.Add((ulong)(Terminal >> 64), 0);
            return mix.Finish64();
        }
    }

    public readonly bool HasKeyOf(in AcceptorEntry other) => Acquirer == other.Acquirer && Merchant == other.Merchant && Terminal == other.Terminal;

    public readonly UInt128 Mix()
    {
        var mix = new Mix((ulong)StateTable.Acceptors);
        mix.Add(Acquirer, (ulong)Merchant);
        mix.Add((ulong)(Merchant >> 64), (ulong)Terminal);
        mix.Add((ulong)(Terminal >> 64), ((ulong)Category << 8) | (ulong)Status);
        return mix.Finish();
    }

    /// <summary>An identifier as keys have it: blanks and zeros behind it are no part of it.</summary>
    public static UInt128 IdOf(in Text16 text)
    {
        ReadOnlySpan<byte> padded = text;
        Span<byte> plain = stackalloc byte[Text16.Characters];
        plain.Clear();
        padded.TrimEnd(" \0"u8).CopyTo(plain);
        return MemoryMarshal.Read<UInt128>(plain);
    }

    /// <summary>The characters of an identifier.</summary>
    public static string TextOf(UInt128 id)
    {
        Span<byte> plain = stackalloc byte[Text16.Characters];
        MemoryMarshal.Write(plain, id);
        return Encoding.Latin1.GetString(plain.TrimEnd((byte)0));
    }
}

/// <summary>
/// A cardholder's order not to be charged any more by standing orders of a merchant, or of any.
/// <code>
/// 0 token 16 | 16 acquirer, 0: any 8 | 24 DE42, zeros: any 16 | 40 from 2 | 42 to 2 | 44 kind 1 | 45 unused 3 | 48
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct StopEntry : IRegistered<StopEntry>
{
    public const int Bytes = 48;
    [FieldOffset(0)] public PanToken Pan;
    [FieldOffset(16)] public ulong Acquirer;
    [FieldOffset(24)] public UInt128 Merchant;
    /// <summary>Days since 1970-01-01; 0: since ever.</summary>
    [FieldOffset(40)] public ushort From;
    /// <summary>The last business date; 0: for ever.</summary>
    [FieldOffset(42)] public ushort To;
    [FieldOffset(44)] public StopKind Kind;

    public readonly bool IsUsed => !Pan.IsNone;

    public readonly ulong Home
    {
        get
        {
            var mix = new Mix((ulong)StateTable.Stops);
            mix.Add(Pan.High, Pan.Low);
            mix.Add(Acquirer, (ulong)Merchant);
            mix.Add((ulong)(Merchant >> 64), 0);
            return mix.Finish64();
        }
    }

    public readonly bool HasKeyOf(in StopEntry other) => Pan == other.Pan && Acquirer == other.Acquirer && Merchant == other.Merchant;

    public readonly UInt128 Mix()
    {
        var mix = new Mix((ulong)StateTable.Stops);
        mix.Add(Pan.High, Pan.Low);
        mix.Add(Acquirer, (ulong)Merchant);
        mix.Add((ulong)(Merchant >> 64), ((ulong)From << 32) | ((ulong)To << 16) | (ulong)Kind);
        return mix.Finish();
    }
}

/// <summary>
/// What the registers say of a request: merchant, terminal, and orders of the cardholder not to be charged. What is known of keys is kept
/// here too.
/// </summary>
internal sealed class Registers(StateOptions options)
{
    public readonly Register<AcceptorEntry> Acceptors = new("tables.acceptors", options.AcceptorsMax, options.TouchMemory);
    public readonly Register<StopEntry> Stops = new("tables.stops", options.StopsMax, options.TouchMemory);
    public readonly Register<KeyNoteEntry> KeyNotes = new("tables.keyNotes", options.KeyNotesMax, options.TouchMemory);

    /// <summary>Why the merchant, or its terminal, may take no payment; None when it may.</summary>
    public InternalResult ProblemOf(in Request request, bool areTerminalsKnown)
    {
        var key = new AcceptorEntry { Acquirer = request.Acquirer.Value, Merchant = AcceptorEntry.IdOf(in request.CardAcceptor) };
        var problem = ProblemOf(in key, request.MerchantCategory, InternalResult.MerchantUnknown);
        if (problem != InternalResult.None || !areTerminalsKnown) return problem;
        key.Terminal = AcceptorEntry.IdOf(in request.Terminal);
        return ProblemOf(in key, request.MerchantCategory, InternalResult.TerminalUnknown);
    }

    /// <summary>The order that stops a standing order's payment; None when there is none.</summary>
    public StopKind StopOf(in Request request, int day)
    {
        if (Stops.Count == 0) return StopKind.None;
        var key = new StopEntry { Pan = request.Pan, Acquirer = request.Acquirer.Value, Merchant = AcceptorEntry.IdOf(in request.CardAcceptor) };
        var kind = StopOf(in key, day);
        if (kind != StopKind.None) return kind;
        key.Acquirer = 0;
        kind = StopOf(in key, day);
        if (kind != StopKind.None) return kind;
        key.Merchant = 0;
        return StopOf(in key, day);
    }

    private InternalResult ProblemOf(in AcceptorEntry key, ushort category, InternalResult unknown)
    {
        ref readonly var known = ref Acceptors.Find(in key);
        if (!known.IsUsed) return unknown;
        if (known.Status != AcceptorStatus.Active) return InternalResult.AcceptorNotActive;
        return known.Category != 0 && category != 0 && known.Category != category ? InternalResult.CategoryNotOfMerchant : InternalResult.None;
    }

    private StopKind StopOf(in StopEntry key, int day)
    {
        ref readonly var order = ref Stops.Find(in key);
        return order.IsUsed && HotTerms.IsWithin(day, order.From, order.To) ? order.Kind : StopKind.None;
    }
}
