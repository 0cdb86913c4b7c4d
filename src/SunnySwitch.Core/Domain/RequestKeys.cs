using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// The duplicate key and the fingerprint of a request (architecture, section 6), as well-mixed 64-bit numbers. They are in
/// the journal's frames and key the state: frozen, see the golden tests.
/// </summary>
public static class RequestKeys
{
    private const ulong PrimaryDomain = 0x5001;
    private const ulong RestDomain = 0x5002;
    private const ulong FingerprintDomain = 0x5003;

    private const RequestHas Marks = RequestHas.PreAuthorization | RequestHas.Increment | RequestHas.Completion | RequestHas.MoreFollow
        | RequestHas.PartialOk | RequestHas.DeclinedElsewhere;

    // Class and function. The version digit is the dialect's, the origin digit tells the original from its repeat.
    private const ushort ClassAndFunction = 0x0FF0;

    /// <summary>
    /// Acquirer, class and function, DE11, trace time: the part of the key that a reversal can name.
    /// The class is in it because a 0400 may share DE11 and time with the 0100 that it undoes.
    /// </summary>
    /// <param name="acquirer">DE32, else the link's.</param>
    /// <param name="mti">Four BCD digits, such as 0x0101.</param>
    /// <param name="stan">DE11.</param>
    /// <param name="traceTime">DE7 of 1987, the local time of DE12 since: MMDDhhmmss as a number.</param>
    public static ulong Primary(InstitutionId acquirer, ushort mti, ulong stan, uint traceTime)
    {
        var mix = new Mix(PrimaryDomain);
        mix.Add(acquirer.Packed, (ulong)(mti & (Mutant.Is(Mutation.KeyWithoutClass) ? 0x00F0 : ClassAndFunction)));
        mix.Add(stan, traceTime);
        return mix.Finish64();
    }

    /// <summary>
    /// Fills <see cref="Request.KeyPrimary"/>, <see cref="Request.KeyRest"/>, <see cref="Request.Fingerprint"/> and, with DE90,
    /// the original's <see cref="OriginalData.KeyPrimary"/>. The original's acquirer is the reversal's own: the acquirer part
    /// of DE90 is informational, since many acquirers fill it with zeros, and no link may undo what another acquirer did.
    /// </summary>
    public static void Seal(ref Request request, ref OriginalData original, in Charges charges)
    {
        request.KeyPrimary = Primary(request.Acquirer, request.Mti, request.Stan, request.TraceTime);
        request.KeyRest = Rest(in request);
        var hasOriginal = (request.Has & RequestHas.Original) != 0;
        if (hasOriginal)
        {
            original.KeyPrimary = Primary(request.Acquirer, original.Mti, original.Stan, original.TraceTime);
        }

        request.Fingerprint = Fingerprint(in request, in original, hasOriginal, (request.Has & RequestHas.Fee) != 0 ? charges.FeeMinor : 0);
    }

    private static ulong Rest(in Request request)
    {
        ReadOnlySpan<byte> rrn = request.Rrn;
        ReadOnlySpan<byte> terminal = request.Terminal;
        var mix = new Mix(RestDomain);
        mix.Add(BinaryPrimitives.ReadUInt64LittleEndian(rrn), BinaryPrimitives.ReadUInt32LittleEndian(rrn[8..]));
        if (Mutant.Is(Mutation.KeyWithoutTerminal)) mix.Add(0, 0);
        else mix.Add(BinaryPrimitives.ReadUInt64LittleEndian(terminal), BinaryPrimitives.ReadUInt64LittleEndian(terminal[8..]));
        return mix.Finish64();
    }

    private static ulong Fingerprint(in Request request, in OriginalData original, bool hasOriginal, long feeMinor)
    {
        var acceptor = MemoryMarshal.Cast<byte, ulong>((ReadOnlySpan<byte>)request.CardAcceptor);
        var mix = new Mix(FingerprintDomain);
        mix.Add(request.Pan.High, request.Pan.Low);
        mix.Add((ulong)request.AmountMinor, ((ulong)request.Currency << 32) | request.ProcessingCode);
        mix.Add(acceptor[0], acceptor[1]);
        if (hasOriginal)
        {
            mix.Add(((ulong)original.TraceTime << 32) | (uint)original.Stan, original.Mti | (original.Stan >> 32 << 16));
            mix.Add(original.Acquirer.Packed, original.Forwarder.Packed);
        }

        // No amount that stays and "nothing stays" are two bodies.
        if ((request.Has & RequestHas.Replacement) != 0) mix.Add((ulong)original.ReplacementMinor, 95);
        if (original.FeeStaysMinor != 0) mix.Add((ulong)original.FeeStaysMinor, 28_95);
        if ((request.Has & RequestHas.Cash) != 0) mix.Add(request.CashMinor, 54);
        if (feeMinor != 0) mix.Add((ulong)feeMinor, 28);
        // Beside DE90, DE38 says nothing new.
        if ((request.Has & RequestHas.Names) == RequestHas.ApprovalCode) mix.Add(original.ApprovalCode, 38);
        if ((request.Has & Marks) != 0) mix.Add((ulong)(request.Has & Marks), 24);
        return mix.Finish64();
    }
}
