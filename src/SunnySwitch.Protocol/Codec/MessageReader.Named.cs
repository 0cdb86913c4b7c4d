using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <remarks>
/// The data elements of ISO 8583:1987 table 4 that nearly every message has, by name. A number is null where the message
/// has no such field, or the field is empty or not all digits in this dialect. A text takes room for its characters and gives
/// them as ASCII; it is empty where the field is absent. What identifies a card or proves a cardholder has no such name: the
/// PAN comes by <see cref="CopyPan"/>, tracks, PIN and chip data by their field numbers.
/// </remarks>
public readonly ref partial struct MessageReader
{
    /// <summary>DE3, n 6: transaction type, from account, to account.</summary>
    public uint? ProcessingCode => (uint?)NumberOrNull(3);

    /// <summary>DE4, n 12 (16 in 2003): amount of the transaction in the minor unit of <see cref="CurrencyTransaction"/>.</summary>
    public ulong? AmountTransaction => NumberOrNull(4);

    /// <summary>DE5: amount in the settlement currency, minor units.</summary>
    public ulong? AmountSettlement => NumberOrNull(5);

    /// <summary>DE6: amount in the cardholder's currency, minor units.</summary>
    public ulong? AmountCardholderBilling => NumberOrNull(6);

    /// <summary>DE7, n 10: MMDDhhmmss, UTC.</summary>
    public uint? TransmissionTime => (uint?)NumberOrNull(7);

    /// <summary>DE11, n 6 (12 in 2003): systems trace audit number.</summary>
    public ulong? Stan => NumberOrNull(11);

    /// <summary>DE12: hhmmss (1987), YYMMDDhhmmss (1993), with the century in 2003; at the terminal.</summary>
    public ulong? LocalTime => NumberOrNull(12);

    /// <summary>DE13, n 4 (1987): MMDD at the terminal.</summary>
    public uint? LocalDate => (uint?)NumberOrNull(13);

    /// <summary>DE14, n 4: YYMM, the card's expiry.</summary>
    public uint? Expiry => (uint?)NumberOrNull(14);

    /// <summary>DE15: settlement date.</summary>
    public uint? SettlementDate => (uint?)NumberOrNull(15);

    /// <summary>DE18, n 4 (1987): merchant category, ISO 18245.</summary>
    public uint? MerchantType => (uint?)NumberOrNull(18);

    /// <summary>DE22, n 3 (1987): how the PAN was read, and whether a PIN can be entered.</summary>
    public uint? PosEntryMode => (uint?)NumberOrNull(22);

    /// <summary>DE23, n 3: which card of those with the same PAN.</summary>
    public uint? CardSequenceNumber => (uint?)NumberOrNull(23);

    /// <summary>DE24, n 3: network international identifier (1987), function code (1993).</summary>
    public uint? FunctionCode => (uint?)NumberOrNull(24);

    /// <summary>DE25, n 2 (1987): condition code; n 4 (1993): reason.</summary>
    public uint? PosConditionCode => (uint?)NumberOrNull(25);

    /// <summary>DE32, n 1 to 11: the acquirer.</summary>
    public ulong? AcquiringInstitution => NumberOrNull(32);

    /// <summary>DE33, n 1 to 11: who forwarded it.</summary>
    public ulong? ForwardingInstitution => NumberOrNull(33);

    /// <summary>DE49, n 3 or text of three digits: ISO 4217.</summary>
    public uint? CurrencyTransaction => (uint?)NumberOrNull(49);

    /// <summary>DE70, n 3 (1987): network management information code.</summary>
    public uint? NetworkCode => (uint?)NumberOrNull(70);

    /// <summary>DE37, an 12: retrieval reference number.</summary>
    public ReadOnlySpan<byte> RetrievalReference(Span<byte> room) => TextOrEmpty(37, room);

    /// <summary>DE38, an 6: approval code.</summary>
    public ReadOnlySpan<byte> ApprovalCode(Span<byte> room) => TextOrEmpty(38, room);

    /// <summary>DE39: response code, two characters (1987); action code, three (1993) or four digits (2003).</summary>
    public ReadOnlySpan<byte> ResponseCode(Span<byte> room) => TextOrEmpty(39, room);

    /// <summary>DE41, ans 8 (16 in 2003): terminal.</summary>
    public ReadOnlySpan<byte> Terminal(Span<byte> room) => TextOrEmpty(41, room);

    /// <summary>DE42, ans 15: merchant.</summary>
    public ReadOnlySpan<byte> Merchant(Span<byte> room) => TextOrEmpty(42, room);

    /// <summary>DE43, ans 40 (1987): the merchant's name and place.</summary>
    public ReadOnlySpan<byte> MerchantNameAndLocation(Span<byte> room) => TextOrEmpty(43, room);

    /// <summary>DE2 in clear, as ASCII digits; returns their count, 0 where it is absent. The caller wipes the room.</summary>
    public int CopyPan(Span<byte> room) => Has(2) ? CopyDigits(2, room) : 0;

    private ulong? NumberOrNull(int field) => Has(field) && TryNumber(field, out var value) ? value : null;

    private ReadOnlySpan<byte> TextOrEmpty(int field, Span<byte> room)
    {
        if (!Has(field) || _dialect.TypeOf(field) == FieldType.Binary) return default;
        return room[..CopyText(field, room)];
    }
}
