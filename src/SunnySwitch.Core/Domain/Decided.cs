using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>Who decided. Durable.</summary>
public enum DecisionOrigin : byte
{
#pragma warning disable CS1591
    Us = 1, Issuer = 2, StandInByUs = 3, StandInByNetwork = 4, Timeout = 5,
#pragma warning restore CS1591
}

/// <summary>What a decision does to money. Durable.</summary>
public enum EffectKind : byte
{
    /// <summary>Nothing moves: a decline, or a reversal that found nothing to undo.</summary>
    None = 0,
    /// <summary>A hold is opened: 0100 approved.</summary>
    HoldOpened = 1,
    /// <summary>The ledger is debited at once: 0200 approved.</summary>
    Posted = 2,
    /// <summary>A hold or posting is undone, fully or down to what stays.</summary>
    Reversed = 3,
    /// <summary>The original is not here (yet): it will be declined when it comes.</summary>
    TombstoneSet = 4,
    /// <summary>The ledger is credited at once: a refund by 0200.</summary>
    Credited = 5,
    /// <summary>Nothing moves; the balances that were told are remembered, so that a repeat is told the same.</summary>
    BalancesTold = 6,
    /// <summary>A hold is raised: an increment.</summary>
    Increased = 7,
    /// <summary>A hold becomes a debit: a completion.</summary>
    Completed = 8,
    /// <summary>The ledger is credited against a purchase or a completion.</summary>
    Refunded = 9,
    /// <summary>A hold is lowered or ended whose answer is no longer remembered.</summary>
    Released = 10,
}

/// <summary>
/// One journalled answer: the request, what the switch set, every effect as numbers, so that applying it computes nothing, and why.
/// Little-endian, frozen: payload version 5 of <see cref="JournalKind.Decided"/>; before it without what is last here and with half of the proof,
/// before version 4 without it. <see cref="OriginalData"/> follows when the request names an earlier transaction, <see cref="Charges"/> when there is
/// a fee or a rate, then <see cref="Serial"/>, and <see cref="SharedCounts"/> when others were asked.
/// <code>
///   0 Request 176 | 176 internal result 2 | 178 DE39 two characters 2 | 180 DE38 base 36 number 4 | 184 effect 1 | 185 origin 1
/// 186 days that the hold lives 2 | 188 dialect version 4 | 192 card 4 | 196 account 4 | 200 hold 4 | 204 link 4
/// 208 held delta 8 | 216 ledger delta 8 | 224 original's key number 8 | 232 Explanation 64 | 296 Proof 32 | 328 end
/// </code>
/// In memory the serial number follows here.
/// Without a proof the payload ends before it; without rules in force too, the explanation's second half is zero and left out: 264 bytes.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Decided
{
    /// <summary>Size in memory.</summary>
    public const int Bytes = ProvenBytes + Serial.Bytes;
    /// <summary>Size of the fixed part with a proof.</summary>
    public const int ProvenBytes = RuledBytes + Proof.Bytes;
    /// <summary>Size of the fixed part, rules in force.</summary>
    public const int RuledBytes = 296;
    /// <summary>Size of the fixed part without rules.</summary>
    public const int PlainBytes = RuledBytes - 32;
    /// <summary>Version of this layout; the first that can have a serial number and what other cells had counted.</summary>
    public const ushort Version = 5;
#pragma warning disable CS1591
    [FieldOffset(0)] public Request Request;
    [FieldOffset(176)] public InternalResult Result;
    [FieldOffset(178)] public ResponseCode Code;
    /// <summary>DE38 as a number to be written in six base-36 digits; <see cref="NoApprovalCode"/> when there is none.</summary>
    [FieldOffset(180)] public uint ApprovalCode;
    [FieldOffset(184)] public EffectKind Effect;
    [FieldOffset(185)] public DecisionOrigin Origin;
    /// <summary>Days (of the calendar) until the hold ends; 0 where none is opened or raised.</summary>
    [FieldOffset(186)] public ushort HoldDays;
    [FieldOffset(188)] public uint DialectVersion;
    [FieldOffset(192)] public int Card;
    [FieldOffset(196)] public int Account;
    /// <summary>Slot of the hold opened, or of the hold undone; -1 when none.</summary>
    [FieldOffset(200)] public int Hold;
    /// <summary>Number of the configured link that the request came by: tombstones are bounded per link.</summary>
    [FieldOffset(204)] public uint Link;
    [FieldOffset(208)] public long HeldDelta;
    [FieldOffset(216)] public long LedgerDelta;
    /// <summary>Number of the duplicate-key entry of the original that this reversal undid; 0 when none.</summary>
    [FieldOffset(224)] public long OriginalKey;
    [FieldOffset(232)] public Explanation Explanation;
    /// <summary>Meant with <see cref="RequestHas.Proof"/>; else zeros.</summary>
    [FieldOffset(RuledBytes)] public Proof Proof;
    /// <summary>Meant with <see cref="RequestHas.Serial"/>; else zeros. In the payload it follows what is named and charged.</summary>
    [FieldOffset(ProvenBytes)] public Serial Serial;
    public const uint NoApprovalCode = uint.MaxValue;
    private const uint ProofVersion = 4, WholeProofVersion = 5, SerialVersion = 5, SharedVersion = 5;
#pragma warning restore CS1591

    /// <summary>True if it is an approval, of all or of a part.</summary>
    public readonly bool IsApproval => Code == ResponseCode.Approved || Code == ResponseCode.ApprovedInPart;

    /// <summary>True for a message that reports what was done already: 0120, 0220, 0420.</summary>
    public readonly bool IsAdvice => (Request.Mti & 0x00F0) == 0x0020;

    /// <summary>What its answer tells of an authentication's proof; NotChecked: nothing.</summary>
    public readonly SecurityVerdict AuthenticationTold =>
        (Request.Has & RequestHas.TellsAuthentication) != 0 && Explanation.HasRun(Check.Authentication)
            ? Request.Security.Authentication
            : SecurityVerdict.NotChecked;

    /// <summary>What limits count, and a partial approval approves.</summary>
    public readonly long CountedMinor => Code == ResponseCode.ApprovedInPart ? HeldDelta - LedgerDelta : Request.AmountMinor;

    /// <summary>What moved at the card's account, without its sign.</summary>
    public readonly long BilledMinor => Math.Abs(LedgerDelta != 0 ? LedgerDelta : HeldDelta);

    /// <summary>True for an approval in another currency than the account's that moved something: its answer says how much, and at which rate.</summary>
    public readonly bool IsBilled(in Charges charges) =>
        (Request.Has & RequestHas.Charged) != 0 && charges.Rate.Packed != 0 && Code == ResponseCode.Approved && Effect != EffectKind.Reversed
        && BilledMinor > 0;

    /// <summary>Size of the fixed part of this one's payload.</summary>
    public readonly int FixedBytes => (Request.Has & RequestHas.Proof) != 0 ? ProvenBytes : Explanation.RulesVersion == 0 ? PlainBytes : RuledBytes;

    /// <summary>The fixed part of a decision's payload, as it is in memory.</summary>
    public static ReadOnlySpan<byte> FixedPart(in Decided decided) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<Decided>(in decided))[..decided.FixedBytes];

    /// <summary>True if more than the fixed part follows.</summary>
    public readonly bool HasTail => (Request.Has & (RequestHas.Names | RequestHas.Charges | RequestHas.Serial | RequestHas.SharedCounts)) != 0;

    /// <summary>Writes the whole payload; returns its bytes, <see cref="PayloadBytesMax"/> at most.</summary>
    public static int Write(in Decided decided, in OriginalData original, in Charges charges, in SharedCounts shared, Span<byte> target)
    {
        var fixedPart = FixedPart(in decided);
        fixedPart.CopyTo(target);
        var bytes = fixedPart.Length;
        if ((decided.Request.Has & RequestHas.Names) != 0)
        {
            MemoryMarshal.Write(target[bytes..], in original);
            bytes += OriginalData.Bytes;
        }

        if ((decided.Request.Has & RequestHas.Charges) != 0)
        {
            MemoryMarshal.Write(target[bytes..], in charges);
            bytes += Charges.Bytes;
        }

        if ((decided.Request.Has & RequestHas.Serial) != 0)
        {
            MemoryMarshal.Write(target[bytes..], in decided.Serial);
            bytes += Serial.Bytes;
        }

        if ((decided.Request.Has & RequestHas.SharedCounts) != 0) bytes += SharedCounts.Write(in shared, target[bytes..]);
        return bytes;
    }

    /// <summary>Longest payload.</summary>
    public const int PayloadBytesMax = Bytes + OriginalData.Bytes + Charges.Bytes + SharedCounts.BytesMax;

    /// <summary>
    /// Reads the payload of a frame in any version that was ever written; false for another version or length. What follows the fixed
    /// part is <paramref name="original"/>, <paramref name="charges"/> and <paramref name="shared"/> (see <see cref="SharedCounts.TryRead"/>), as far as
    /// it is there.
    /// </summary>
    public static bool TryRead(
        uint version, ReadOnlySpan<byte> payload, out Decided decided, out OriginalData original, out Charges charges, out ReadOnlySpan<byte> shared)
    {
        Unsafe.SkipInit(out decided);
        (original, charges) = (default, default);
        shared = default;
        if (version is 0 or > Version) return false;
        if (version == 1) return TryReadV1(payload, out decided, out original);
        if (payload.Length < PlainBytes) return false;

        // One copy; what follows a plain payload is no part of it.
        var target = MemoryMarshal.AsBytes(new Span<Decided>(ref decided));
        payload[..Math.Min(payload.Length, ProvenBytes)].CopyTo(target);
        var bytes = decided.FixedBytes;
        if (bytes == ProvenBytes && version < ProofVersion) return false;
        if (bytes == ProvenBytes && version < WholeProofVersion) bytes = RuledBytes + Proof.BytesV4;
        if (payload.Length < bytes) return false;
        target[bytes..].Clear();
        payload = payload[bytes..];
        if (!decided.HasTail) return payload.IsEmpty;
        var named = (decided.Request.Has & RequestHas.Names) != 0 ? OriginalData.Bytes : 0;
        var charged = (decided.Request.Has & RequestHas.Charges) != 0 ? Charges.Bytes : 0;
        var numbered = (decided.Request.Has & RequestHas.Serial) != 0 ? Serial.Bytes : 0;
        if (payload.Length < named + charged + numbered || (numbered > 0 && version < SerialVersion)) return false;
        shared = payload[(named + charged + numbered)..];
        var isShared = (decided.Request.Has & RequestHas.SharedCounts) != 0;
        if (isShared ? version < SharedVersion || !SharedCounts.IsGood(shared) : !shared.IsEmpty) return false;
        if (named > 0) original = MemoryMarshal.Read<OriginalData>(payload);
        if (charged > 0) charges = MemoryMarshal.Read<Charges>(payload[named..]);
        if (numbered > 0) decided.Serial = MemoryMarshal.Read<Serial>(payload[(named + charged)..]);
        return true;
    }

    /// <summary>Likewise, for who does not look at what others had counted.</summary>
    public static bool TryRead(uint version, ReadOnlySpan<byte> payload, out Decided decided, out OriginalData original, out Charges charges) =>
        TryRead(version, payload, out decided, out original, out charges, out _);

    /// <summary>Likewise, for who does not look at charges.</summary>
    public static bool TryRead(uint version, ReadOnlySpan<byte> payload, out Decided decided, out OriginalData original) =>
        TryRead(version, payload, out decided, out original, out _, out _);

    private static bool TryReadV1(ReadOnlySpan<byte> payload, out Decided decided, out OriginalData original)
    {
        Unsafe.SkipInit(out decided);
        original = default;
        if (payload.Length < DecidedV1.Bytes) return false;
        MemoryMarshal.AsRef<DecidedV1>(payload).CopyTo(out decided);
        payload = payload[DecidedV1.Bytes..];
        if ((decided.Request.Has & RequestHas.Original) == 0) return payload.IsEmpty;
        if (payload.Length != OriginalDataV1.Bytes) return false;
        original = MemoryMarshal.Read<OriginalDataV1>(payload).Today();
        return true;
    }
}
