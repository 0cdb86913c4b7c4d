#pragma warning disable
using SunnySwitch.Core.Domain;
using System.Runtime.InteropServices;

// CONTRACT STUB: the Core room replaces this file with one file per type; the signatures stay.

namespace SunnySwitch.Core.Domain
{
    /// Turns PANs into tokens. Batch: one call per network read.
    public interface IPanTokens
    {
        /// blocks: count x 16 bytes as PanBlock.Write made them; tokens out in the same order. Not thread-safe: one per thread.
        void Tokenise(byte[] blocks, int count, byte[] tokens);
    }
    public static class PanBlock
    {
        public const int Bytes = 16;
        /// length byte, then packed digits, zero padded: exactly one AES block.
        public static void Write(ReadOnlySpan<byte> asciiDigits, Span<byte> block) => throw null!;
        public static PanToken ReadToken(ReadOnlySpan<byte> token) => throw null!;
    }
    /// AES-CMAC (SP 800-38B) of whole single blocks, by ICryptoTransform over many blocks at once; no allocation per call.
    public sealed class CmacPanTokens(ReadOnlySpan<byte> tokenKey) : IPanTokens, IDisposable
    {
        public uint KeyCheck => throw null!;  // first 4 bytes of the CMAC of an empty string: says which key, reveals nothing
        public void Tokenise(byte[] blocks, int count, byte[] tokens) => throw null!;
        public void Dispose() => throw null!;
    }
    public static class RequestKeys
    {
        /// Acquirer, class + function without the repeat bit, DE11, DE7.
        public static ulong Primary(InstitutionId acquirer, ushort mti, uint stan, uint transmissionTime) => throw null!;
        /// Fills KeyPrimary, KeyRest, Fingerprint and the original's KeyPrimary from the other values.
        public static void Seal(ref Request request, ref OriginalData original) => throw null!;
    }
}

namespace SunnySwitch.Core.State
{
    public sealed record StateOptions(int CardsMax, int AccountsMax, int HoldsMax, int DuplicateKeysMax, int TombstonesMax, int ConnectionsMax);
    /// Two 64-bit halves of a sum mod 2^128 per numbered table.
    public sealed class SwitchState
    {
        public SwitchState(StateOptions options, IPanTokens tokens) => throw null!;
        /// Applies one durable frame; computes nothing, never clever. Unknown kind or version: StopToProtectDataException.
        public void Apply(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload) => throw null!;
        public UInt128 Hash => throw null!;                 // rolling
        public UInt128 HashFromScratch() => throw null!;
        public int DayNumber => throw null!; public int CardCount => throw null!; public bool IsSignedOn(int c, uint g) => throw null!;
        public bool TryFindCard(PanToken pan, out CardView card) => throw null!;
    }
    public readonly record struct CardView(TruncatedPan Pan, ushort Expiry, CardStatus Status, HotReason Hot, ushort Currency, long LedgerMinor, long HeldMinor, long AvailableMinor);
    public enum CardStatus : byte { Active = 1, NotActive = 2, Closed = 3, Blocked = 4 }
    public enum HotReason : byte { None = 0, Lost = 1, Stolen = 2, PickUp = 3, Restricted = 4 }

    public sealed class CardDesk(SwitchState s) { public bool TryNumber(ref CardAdded c) => throw null!; public bool TryNumber(ref CardsGenerated c) => throw null!; }
    // Payloads of the other frames; all durable, little-endian, frozen.
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct CardAdded
    {
        [FieldOffset(0)] public PanToken Pan; [FieldOffset(16)] public TruncatedPan TruncatedPan; [FieldOffset(24)] public long LedgerMinor; [FieldOffset(32)] public long CreditLineMinor;
        [FieldOffset(40)] public ushort Expiry; [FieldOffset(42)] public ushort Currency; [FieldOffset(44)] public CardStatus Status; [FieldOffset(45)] public HotReason Hot; [FieldOffset(48)] public int Card; [FieldOffset(52)] public int Account;
    }
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    public struct CardsGenerated { [FieldOffset(0)] public ulong Bin; [FieldOffset(8)] public int BinDigits; [FieldOffset(12)] public int Count; [FieldOffset(16)] public long LedgerMinor; [FieldOffset(24)] public long CreditLineMinor; [FieldOffset(32)] public ushort Expiry; [FieldOffset(34)] public ushort Currency; [FieldOffset(36)] public int FirstCard; [FieldOffset(40)] public int FirstAccount; }
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    public struct SessionChanged { [FieldOffset(0)] public int Connection; [FieldOffset(4)] public uint Generation; [FieldOffset(8)] public uint Link; [FieldOffset(12)] public SessionState State; }
    public enum SessionState : byte { None = 0, SignedOff = 1, SignedOn = 2 }
    [StructLayout(LayoutKind.Explicit, Size = 8)]
    public struct BusinessDateOpened { [FieldOffset(0)] public int DayNumber; } // days since 1970-01-01
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    public struct CardChanged { [FieldOffset(0)] public PanToken Pan; [FieldOffset(16)] public CardStatus Status; [FieldOffset(17)] public HotReason Hot; }
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    public struct EpochStarted { [FieldOffset(0)] public ulong Epoch; [FieldOffset(8)] public uint TokenKeyCheck; }
}

namespace SunnySwitch.Core.Stages
{
    using SunnySwitch.Core.State;
    using SunnySwitch.Protocol.Codec;

    /// What became of an input.
    public enum Verdict : byte { Silence = 0, Answer = 1 /* journal, apply, then reply */, Repeat = 2, NonAnswer = 3, SessionChange = 4 /* journal SessionChanged, apply, reply */ }

    public sealed record LinkTerms(uint Link, string Name, bool SignOnRequired, InstitutionId[] Acquirers);

    /// One request on its way through the stages; preallocated with its ring slot.
    public struct Transaction
    {
        public Request Request;
        public OriginalData Original;       // meant when Request.Has has Original
        public Decided Decided;             // what the stages conclude; Code and ApprovalCode are meant for every verdict that answers
        public SessionChanged Session;      // for SessionChange
        public DecodeResult Decode;         // not ok: 30 if MTI and DE11 are there
        public int Connection; public uint Generation; public int LinkIndex;
        public uint DialectVersion; public ushort NetworkCode; // DE70
        public InternalResult Alarm;        // SameKeyOtherBody, TableFull: counted and shown
    }

    public sealed class Decider
    {
        public Decider(SwitchState state, LinkTerms[] links) => throw null!;
        /// Pure towards the state: reads it, changes nothing. nextSequence is the sequence that the frame will get (DE38 comes from it).
        public Verdict Decide(ref Transaction transaction, Instant now, long nextSequence) => throw null!;
    }
}
