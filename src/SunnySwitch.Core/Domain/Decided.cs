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
}

/// <summary>
/// One journalled answer: the request, what the switch set, every effect as numbers, so that applying it computes nothing, and why.
/// Little-endian, frozen: payload version 2 of <see cref="JournalKind.Decided"/>. <see cref="OriginalData"/> follows when the request names one.
/// <code>
///   0 Request 184 | 184 internal result 2 | 186 DE39 two characters 2 | 188 DE38 base 36 number 4 | 192 effect 1 | 193 origin 1
/// 194 unused 2 | 196 dialect version 4 | 200 card 4 | 204 account 4 | 208 hold 4 | 212 link 4
/// 216 held delta 8 | 224 ledger delta 8 | 232 original's key number 8 | 240 Explanation 64 | 304 end
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Decided
{
    /// <summary>Size of the fixed part.</summary>
    public const int Bytes = 304;
    /// <summary>Version of this layout.</summary>
    public const ushort Version = 2;
#pragma warning disable CS1591
    [FieldOffset(0)] public Request Request;
    [FieldOffset(184)] public InternalResult Result;
    [FieldOffset(186)] public ResponseCode Code;
    /// <summary>DE38 as a number to be written in six base-36 digits; <see cref="NoApprovalCode"/> when there is none.</summary>
    [FieldOffset(188)] public uint ApprovalCode;
    [FieldOffset(192)] public EffectKind Effect;
    [FieldOffset(193)] public DecisionOrigin Origin;
    [FieldOffset(196)] public uint DialectVersion;
    [FieldOffset(200)] public int Card;
    [FieldOffset(204)] public int Account;
    /// <summary>Slot of the hold opened, or of the hold undone; -1 when none.</summary>
    [FieldOffset(208)] public int Hold;
    /// <summary>Number of the configured link that the request came by: tombstones are bounded per link.</summary>
    [FieldOffset(212)] public uint Link;
    [FieldOffset(216)] public long HeldDelta;
    [FieldOffset(224)] public long LedgerDelta;
    /// <summary>Number of the duplicate-key entry of the original that this reversal undid; 0 when none.</summary>
    [FieldOffset(232)] public long OriginalKey;
    [FieldOffset(240)] public Explanation Explanation;
    public const uint NoApprovalCode = uint.MaxValue;
#pragma warning restore CS1591

    /// <summary>
    /// Reads the payload of a frame in any version that was ever written; false for another version or length. With an
    /// original, <paramref name="original"/> is it.
    /// </summary>
    public static bool TryRead(uint version, ReadOnlySpan<byte> payload, out Decided decided, out OriginalData original)
    {
        (decided, original) = (default, default);
        if (version is not (1 or Version)) return false;
        var bytes = version == 1 ? DecidedV1.Bytes : Bytes;
        if (payload.Length < bytes) return false;
        if (version == 1) MemoryMarshal.AsRef<DecidedV1>(payload).CopyTo(out decided);
        else decided = MemoryMarshal.Read<Decided>(payload);
        var hasOriginal = (decided.Request.Has & RequestHas.Original) != 0;
        if (payload.Length != bytes + (hasOriginal ? OriginalData.Bytes : 0)) return false;
        if (!hasOriginal) return true;
        payload = payload[bytes..];
        original = version == 1 ? MemoryMarshal.Read<OriginalDataV1>(payload).Today() : MemoryMarshal.Read<OriginalData>(payload);
        return true;
    }
}
