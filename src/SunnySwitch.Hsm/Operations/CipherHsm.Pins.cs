using System.Buffers.Binary;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Operations;

/// <content>PINs: clear only inside a call, on its stack.</content>
public abstract partial class CipherHsm
{
    /// <inheritdoc/>
    public HsmResult TranslatePin(
        in PinSide from, ReadOnlySpan<byte> block, in PinSide to, ReadOnlySpan<byte> pan, Span<byte> target, out int bytes)
    {
        bytes = 0;
        var result = PinTranslations.Check(from.Format, to.Format);
        if (result != HsmResult.Done) return result;
        var pin = default(ClearPin);
        try
        {
            result = Read(in from, block, pan, ref pin);
            return result == HsmResult.Done ? Write(in to, in pin, pan, target, out bytes) : result;
        }
        finally
        {
            pin.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyPvv(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, int pvkIndex, ReadOnlySpan<byte> pvv)
    {
        Span<byte> computed = stackalloc byte[PinVerification.PvvDigits];
        var result = Pvv(in side, block, pan, pvk, KeyTask.VerifyPvv, pvkIndex, computed);
        if (result != HsmResult.Done) return result;
        var isRight = CryptographicOperations.FixedTimeEquals(computed, pvv);
        CryptographicOperations.ZeroMemory(computed);
        return isRight ? HsmResult.Done : HsmResult.WrongPin;
    }

    /// <inheritdoc/>
    public HsmResult GeneratePvv(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, int pvkIndex, Span<byte> pvv) =>
        pvv.Length < PinVerification.PvvDigits ? HsmResult.TargetTooShort : Pvv(in side, block, pan, pvk, KeyTask.GeneratePvv, pvkIndex, pvv);

    /// <inheritdoc/>
    public HsmResult VerifyIbmPin(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, in Ibm3624Terms terms, ReadOnlySpan<byte> offset)
    {
        var result = TryUse(pvk, KeyTask.VerifyIbmPin, out var key);
        if (result != HsmResult.Done) return result;
        if (!PinVerification.AreGood(in terms) || !Nibble.TryRead(offset, out _)) return HsmResult.BadInput;
        var room = default(KeySchedule);
        ClearPin pin = default, natural = default, expected = default;
        try
        {
            result = Read(in side, block, pan, ref pin);
            if (result != HsmResult.Done) return result;
            natural = PinVerification.Natural(in Opened(key, ref room), in terms, pin.Length);
            var isRight = PinVerification.TryAdd(in natural, offset, out expected) && expected.IsSame(in pin);
            return isRight ? HsmResult.Done : HsmResult.WrongPin;
        }
        finally
        {
            pin.Wipe();
            natural.Wipe();
            expected.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateIbmOffset(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, in Ibm3624Terms terms, Span<byte> offset, out int digits)
    {
        digits = 0;
        var result = TryUse(pvk, KeyTask.GenerateIbmPin, out var key);
        if (result != HsmResult.Done) return result;
        if (!PinVerification.AreGood(in terms)) return HsmResult.BadInput;
        if (offset.Length < ClearPin.DigitsMax) return HsmResult.TargetTooShort;
        var room = default(KeySchedule);
        ClearPin pin = default, natural = default;
        try
        {
            result = Read(in side, block, pan, ref pin);
            if (result != HsmResult.Done) return result;
            natural = PinVerification.Natural(in Opened(key, ref room), in terms, pin.Length);
            PinVerification.Offset(in natural, in pin, offset);
            digits = pin.Length;
            return HsmResult.Done;
        }
        finally
        {
            pin.Wipe();
            natural.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateIbmPin(
        HsmKey pvk, in Ibm3624Terms terms, ReadOnlySpan<byte> offset, in PinSide to, ReadOnlySpan<byte> pan, Span<byte> target, out int bytes)
    {
        bytes = 0;
        var result = TryUse(pvk, KeyTask.GenerateIbmPin, out var key);
        if (result != HsmResult.Done) return result;
        var isLength = offset.Length is >= ClearPin.DigitsMin and <= ClearPin.DigitsMax;
        if (!isLength || !PinVerification.AreGood(in terms) || !Nibble.TryRead(offset, out _)) return HsmResult.BadInput;
        var room = default(KeySchedule);
        ClearPin natural = default, pin = default;
        try
        {
            natural = PinVerification.Natural(in Opened(key, ref room), in terms, offset.Length);
            return PinVerification.TryAdd(in natural, offset, out pin) ? Write(in to, in pin, pan, target, out bytes) : HsmResult.BadInput;
        }
        finally
        {
            natural.Wipe();
            pin.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult GeneratePin(in PinSide to, ReadOnlySpan<byte> pan, int digits, Span<byte> target, out int bytes)
    {
        bytes = 0;
        if (digits is < ClearPin.DigitsMin or > ClearPin.DigitsMax) return HsmResult.BadInput;
        var pin = ClearPin.Random(digits);
        try
        {
            return Write(in to, in pin, pan, target, out bytes);
        }
        finally
        {
            pin.Wipe();
        }
    }

    private HsmResult Pvv(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, KeyTask task, int pvkIndex, Span<byte> pvv)
    {
        var result = TryUse(pvk, task, out var key);
        if (result != HsmResult.Done) return result;
        if (pvkIndex is < 0 or > 9 || pan.IsEmpty) return HsmResult.BadInput;
        var room = default(KeySchedule);
        var pin = default(ClearPin);
        try
        {
            result = Read(in side, block, pan, ref pin);
            if (result == HsmResult.Done) PinVerification.Pvv(in Opened(key, ref room), in pin, pan, pvkIndex, pvv);
            return result;
        }
        finally
        {
            pin.Wipe();
        }
    }

    // Deciphers and reads a block. Format 4 is AES, the others are TDEA: anything else is the wrong key.
    private HsmResult Read(in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, ref ClearPin pin)
    {
        var result = CheckSide(in side, pan);
        if (result != HsmResult.Done) return result;
        var schedule = default(KeySchedule);
        try
        {
            result = TryOpen(side.Key, KeyTask.DecryptPin, side.Ksn, DukptUse.Pin, side.Working, ref schedule, out _);
            if (result != HsmResult.Done) return result;
            if (schedule.IsAes != (side.Format == PinFormat.Iso4)) return HsmResult.KeyAlgorithm;
            if (block.Length != (schedule.IsAes ? PinBlocks.Bytes4 : PinBlocks.Bytes)) return HsmResult.BadInput;
            return schedule.IsAes
                ? PinBlocks.Decipher4(in schedule, block, pan, out pin)
                : PinBlocks.Decode(side.Format, schedule.Decrypt64(Des.Block(block)), Nibble.Account(pan), out pin);
        }
        finally
        {
            schedule.Wipe();
        }
    }

    private HsmResult Write(in PinSide side, in ClearPin pin, ReadOnlySpan<byte> pan, Span<byte> target, out int bytes)
    {
        bytes = 0;
        var result = CheckSide(in side, pan);
        if (result != HsmResult.Done) return result;
        var schedule = default(KeySchedule);
        try
        {
            result = TryOpen(side.Key, KeyTask.EncryptPin, side.Ksn, DukptUse.Pin, side.Working, ref schedule, out _);
            if (result != HsmResult.Done) return result;
            if (schedule.IsAes != (side.Format == PinFormat.Iso4)) return HsmResult.KeyAlgorithm;
            var size = schedule.IsAes ? PinBlocks.Bytes4 : PinBlocks.Bytes;
            if (target.Length < size) return HsmResult.TargetTooShort;
            var fill = side.Format == PinFormat.Iso0 ? 0 : PinBlocks.RandomFill(side.Format);
            if (schedule.IsAes) PinBlocks.Encipher4(in schedule, in pin, pan, fill, target);
            else BinaryPrimitives.WriteUInt64BigEndian(target, schedule.Encrypt64(PinBlocks.Encode(side.Format, in pin, Nibble.Account(pan), fill)));
            bytes = size;
            return HsmResult.Done;
        }
        finally
        {
            schedule.Wipe();
        }
    }

    // Format 2 never crosses a network; format 1 needs no PAN, but one that is given has to be one.
    private static HsmResult CheckSide(in PinSide side, ReadOnlySpan<byte> pan)
    {
        if (side.Format > PinFormat.Iso4) return HsmResult.BadInput;
        if (side.Format == PinFormat.Iso2) return HsmResult.ForbiddenTranslation;
        if (side.Format == PinFormat.Iso1 && pan.IsEmpty) return HsmResult.Done;
        return Nibble.IsPan(pan) && pan.Length >= PanDigitsMin ? HsmResult.Done : HsmResult.BadInput;
    }

    private const int PanDigitsMin = 8;
}
