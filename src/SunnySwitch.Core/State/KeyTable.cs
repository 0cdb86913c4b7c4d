using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>What became of a remembered answer. Part of the state hash: never renumbered.</summary>
internal enum KeyStatus : byte
{
    Approved = 1,
    Declined = 2,
    Reversed = 3,

    /// <summary>Some of the money stays; a reversal down to less may still come.</summary>
    PartlyReversed = 4,
}

/// <summary>
/// One journalled answer, for its repeats and for its reversal.
/// <code>
///  0 primary 8 | 8 rest 8 | 16 fingerprint 8 | 24 previous 4 | 28 DE38 4 | 32 card 4 | 36 undo, low 4 | 40 undo, high 2
/// 42 DE39 2 | 44 status 1 | 45 effect 1 | 46 unused 2 | 48
/// </code>
/// Undo is the hold's slot (0100) or the amount that is still booked (0200): a posting needs no hold to be undone, and what
/// is needed to undo it ends with the key, so that postings never pile up in the table of holds.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct KeyEntry : IFifoEntry
{
    public const int Bytes = 48;

    /// <summary>
    /// What an answer booked at the account, or the slot or number of what it made: 40 bits leave room for the rest in one word of the
    /// hash. Billing refuses amounts above.
    /// </summary>
    public const long UndoMax = (1L << 40) - 1;
    [FieldOffset(0)] private ulong _primary;
    [FieldOffset(8)] public ulong Rest;
    [FieldOffset(16)] public ulong Fingerprint;
    [FieldOffset(24)] private uint _previous;
    [FieldOffset(28)] public uint ApprovalCode;
    [FieldOffset(32)] public int Card;
    [FieldOffset(36)] private uint _undoLow;
    [FieldOffset(40)] private ushort _undoHigh;
    [FieldOffset(42)] public ResponseCode Code;
    [FieldOffset(44)] public KeyStatus Status;
    [FieldOffset(45)] public EffectKind Effect;

    public ulong Primary { readonly get => _primary; init => _primary = value; }

    public uint Previous { readonly get => _previous; set => _previous = value; }

    public long Undo
    {
        readonly get => ((long)_undoHigh << 32) | _undoLow;
        set
        {
            Must.Hold(value is >= 0 and <= UndoMax);
            _undoLow = (uint)value;
            _undoHigh = (ushort)(value >> 32);
        }
    }

    public readonly UInt128 Mix(long number)
    {
        var mix = new Mix((ulong)StateTable.DuplicateKeys);
        mix.Add((ulong)number, _primary);
        mix.Add(Rest, Fingerprint);
        mix.Add(
            ((ulong)ApprovalCode << 32) | (uint)Card,
            ((ulong)Undo << 24) | ((ulong)Code.Packed << 8) | ((ulong)Status << 4) | (ulong)Effect);
        return mix.Finish();
    }
}

/// <summary>What the table knows of a request's key.</summary>
internal enum KeyMatch : byte { New, Repeat, OtherBody }

/// <summary>What DE90 of a reversal found.</summary>
internal enum OriginalMatch : byte { None, One, Ambiguous, OtherCard }

/// <summary>Answers by duplicate key, two business dates long.</summary>
internal sealed class KeyTable(int keysMax, bool touch)
{
    public readonly FifoHash<KeyEntry> Entries = new("tables.duplicateKeys", keysMax, touch);

    /// <summary>Looks the full key up: primary and rest.</summary>
    public KeyMatch Match(in Request request, out long number)
    {
        for (number = Entries.First(request.KeyPrimary); number != 0; number = Entries.After(number))
        {
            ref readonly var entry = ref Entries[number];
            if (entry.Primary != request.KeyPrimary || entry.Rest != request.KeyRest) continue;
            return entry.Fingerprint == request.Fingerprint || Mutant.Is(Mutation.IgnoreFingerprint) ? KeyMatch.Repeat : KeyMatch.OtherBody;
        }

        return KeyMatch.New;
    }

    /// <summary>
    /// Looks a reversal's original up by what DE90 can name. Acquirers that count DE11 per terminal can have two
    /// originals under one DE90: the card tells them apart, and where it does not, nobody guesses.
    /// </summary>
    public OriginalMatch MatchOriginal(ulong primary, int card, out long number)
    {
        number = 0;
        var ofOtherCard = false;
        for (var candidate = Entries.First(primary); candidate != 0; candidate = Entries.After(candidate))
        {
            ref readonly var entry = ref Entries[candidate];
            if (entry.Primary != primary) continue;
            if (entry.Card != card)
            {
                ofOtherCard = true;
                continue;
            }

            if (number != 0)
            {
                number = 0;
                return OriginalMatch.Ambiguous;
            }

            number = candidate;
        }

        if (number != 0) return OriginalMatch.One;
        return ofOtherCard ? OriginalMatch.OtherCard : OriginalMatch.None;
    }

    /// <summary>Reads what <see cref="Match"/> would read, so that it is in the cache by then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Touch(ulong primary)
    {
        var number = Entries.First(primary);
        return number == 0 ? 0 : Entries[number].Primary;
    }
}
