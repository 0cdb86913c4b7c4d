using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

#pragma warning disable CS1591
/// <summary>Payload version 1 of <see cref="JournalKind.Decided"/>, read for ever: terminals of eight characters, six digits of DE11.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct DecidedV1
{
    public const int Bytes = 208;
    [FieldOffset(0)] public PanToken Pan;
    [FieldOffset(16)] public TruncatedPan TruncatedPan;
    [FieldOffset(24)] public long AmountMinor;
    [FieldOffset(32)] public InstitutionId Acquirer;
    [FieldOffset(40)] public InstitutionId Forwarder;
    [FieldOffset(48)] public ulong KeyPrimary;
    [FieldOffset(56)] public ulong KeyRest;
    [FieldOffset(64)] public ulong Fingerprint;
    [FieldOffset(72)] public uint TransmissionTime;
    [FieldOffset(76)] public uint Stan;
    [FieldOffset(80)] public uint ProcessingCode;
    [FieldOffset(84)] public uint LocalTime;
    [FieldOffset(88)] public ushort LocalDate;
    [FieldOffset(90)] public ushort Expiry;
    [FieldOffset(92)] public ushort SettlementDate;
    [FieldOffset(94)] public ushort MerchantCategory;
    [FieldOffset(96)] public ushort AcquirerCountry;
    [FieldOffset(98)] public ushort EntryMode;
    [FieldOffset(100)] public ushort Mti;
    [FieldOffset(102)] public byte ConditionCode;
    [FieldOffset(104)] public ushort Currency;
    [FieldOffset(106)] public ushort ServiceCode;
    [FieldOffset(108)] public uint Has;
    [FieldOffset(112)] public Text12 Rrn;
    [FieldOffset(124)] public uint Verdicts;
    [FieldOffset(128)] public Text8 Terminal;
    [FieldOffset(136)] public Text16 CardAcceptor;
    [FieldOffset(152)] public InternalResult Result;
    [FieldOffset(154)] public ResponseCode Code;
    [FieldOffset(156)] public uint ApprovalCode;
    [FieldOffset(160)] public EffectKind Effect;
    [FieldOffset(161)] public DecisionOrigin Origin;
    [FieldOffset(164)] public uint DialectVersion;
    [FieldOffset(168)] public int Card;
    [FieldOffset(172)] public int Account;
    [FieldOffset(176)] public int Hold;
    [FieldOffset(180)] public uint Link;
    [FieldOffset(184)] public long HeldDelta;
    [FieldOffset(192)] public long LedgerDelta;
    [FieldOffset(200)] public long OriginalKey;

    /// <summary>The same in today's layout.</summary>
    public readonly void CopyTo(out Decided today)
    {
        today = default;
        ref var request = ref today.Request;
        (request.Pan, request.TruncatedPan, request.AmountMinor) = (Pan, TruncatedPan, AmountMinor);
        (request.Acquirer, request.Forwarder) = (Acquirer, Forwarder);
        (request.KeyPrimary, request.KeyRest, request.Fingerprint) = (KeyPrimary, KeyRest, Fingerprint);
        (request.TraceTime, request.Stan, request.ProcessingCode) = (TransmissionTime, Stan, ProcessingCode);
        (request.LocalTime, request.LocalDate, request.Expiry, request.SettlementDate) = (LocalTime, LocalDate, Expiry, SettlementDate);
        (request.MerchantCategory, request.AcquirerCountry, request.EntryMode) = (MerchantCategory, AcquirerCountry, EntryMode);
        (request.Mti, request.ReasonCode, request.Currency, request.ServiceCode) = (Mti, ConditionCode, Currency, ServiceCode);
        (request.Has, request.Rrn, request.Verdicts, request.CardAcceptor) = ((RequestHas)Has, Rrn, Verdicts, CardAcceptor);
        ((ReadOnlySpan<byte>)Terminal).CopyTo(request.Terminal);
        (today.Result, today.Code, today.ApprovalCode, today.Effect, today.Origin) = (Result, Code, ApprovalCode, Effect, Origin);
        (today.DialectVersion, today.Card, today.Account, today.Hold, today.Link) = (DialectVersion, Card, Account, Hold, Link);
        (today.HeldDelta, today.LedgerDelta, today.OriginalKey) = (HeldDelta, LedgerDelta, OriginalKey);
    }
}

/// <summary>What followed <see cref="DecidedV1"/> when the request had DE90.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct OriginalDataV1
{
    public const int Bytes = 48;
    [FieldOffset(0)] public ulong KeyPrimary;
    [FieldOffset(8)] public uint TransmissionTime;
    [FieldOffset(12)] public uint Stan;
    [FieldOffset(16)] public ushort Mti;
    [FieldOffset(24)] public InstitutionId Acquirer;
    [FieldOffset(32)] public InstitutionId Forwarder;
    [FieldOffset(40)] public long ReplacementMinor;

    /// <summary>The same in today's layout.</summary>
    public readonly OriginalData Today() => new()
    {
        KeyPrimary = KeyPrimary,
        Stan = Stan,
        Acquirer = Acquirer,
        Forwarder = Forwarder,
        ReplacementMinor = ReplacementMinor,
        TraceTime = TransmissionTime,
        Mti = Mti,
    };
}
#pragma warning restore CS1591
