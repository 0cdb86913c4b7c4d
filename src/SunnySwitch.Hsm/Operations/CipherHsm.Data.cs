using System.Buffers.Binary;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;

namespace SunnySwitch.Hsm.Operations;

/// <content>MACs, data, tokens, random bytes.</content>
public abstract partial class CipherHsm
{
    private const int MacBytesMin = 4, MacBytesMax = 32;

    /// <inheritdoc/>
    public HsmResult GenerateMac(in MacSide side, ReadOnlySpan<byte> data, Span<byte> mac)
    {
        Span<byte> whole = stackalloc byte[MacBytesMax];
        var result = Compute(in side, KeyTask.GenerateMac, data, whole, out var bytes);
        if (result != HsmResult.Done) return result;
        if (mac.Length < MacBytesMin || mac.Length > bytes) return HsmResult.BadInput;
        whole[..mac.Length].CopyTo(mac);
        return HsmResult.Done;
    }

    /// <inheritdoc/>
    public HsmResult VerifyMac(in MacSide side, ReadOnlySpan<byte> data, ReadOnlySpan<byte> mac)
    {
        Span<byte> whole = stackalloc byte[MacBytesMax];
        var result = Compute(in side, KeyTask.VerifyMac, data, whole, out var bytes);
        if (result != HsmResult.Done) return result;
        if (mac.Length < MacBytesMin || mac.Length > bytes) return HsmResult.BadInput;
        return Compared(whole[..mac.Length], mac, HsmResult.WrongMac);
    }

    /// <inheritdoc/>
    public HsmResult EncryptData(in CipherSide side, ReadOnlySpan<byte> source, Span<byte> target) =>
        Transform(in side, KeyTask.EncryptData, source, target);

    /// <inheritdoc/>
    public HsmResult DecryptData(in CipherSide side, ReadOnlySpan<byte> source, Span<byte> target) =>
        Transform(in side, KeyTask.DecryptData, source, target);

    /// <inheritdoc/>
    public HsmResult ReEncryptData(in CipherSide from, in CipherSide to, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (source.Length > DataBytesMax) return HsmResult.BadInput;
        Span<byte> clear = stackalloc byte[DataBytesMax];
        clear = clear[..source.Length];
        try
        {
            var result = Transform(in from, KeyTask.DecryptData, source, clear);
            return result == HsmResult.Done ? Transform(in to, KeyTask.EncryptData, clear, target) : result;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    /// <inheritdoc/>
    public HsmResult Tokenise(HsmKey key, ReadOnlySpan<byte> tweak, int radix, ReadOnlySpan<byte> symbols, Span<byte> token) =>
        Replace(key, KeyTask.Tokenise, tweak, radix, symbols, token);

    /// <inheritdoc/>
    public HsmResult Detokenise(HsmKey key, ReadOnlySpan<byte> tweak, int radix, ReadOnlySpan<byte> token, Span<byte> symbols) =>
        Replace(key, KeyTask.Detokenise, tweak, radix, token, symbols);

    private HsmResult Compute(in MacSide side, KeyTask task, ReadOnlySpan<byte> data, Span<byte> mac, out int bytes)
    {
        bytes = 8;
        if (data.Length > DataBytesMax || !IsPadding(side.Padding)) return HsmResult.BadInput;
        if (side.Use is not (DukptUse.MacRequest or DukptUse.MacResponse)) return HsmResult.BadInput;
        var schedule = default(KeySchedule);
        try
        {
            var result = TryOpen(side.Key, task, side.Ksn, side.Use, side.Working, ref schedule, out var key);
            if (result != HsmResult.Done) return result;
            var usage = key.Handle.Attributes.Usage;
            if (usage == KeyUsage.MacHmac)
            {
                bytes = Hmac(key, data, mac);
            }
            else if (usage == KeyUsage.MacCmac || schedule.IsAes)
            {
                Cmac.Compute(in schedule, data, mac);
                bytes = schedule.BlockBytes;
            }
            else
            {
                var isRetail = usage is KeyUsage.MacAlgorithm3 or KeyUsage.BaseDerivation;
                BinaryPrimitives.WriteUInt64BigEndian(mac, isRetail
                    ? Iso9797.Algorithm3(in schedule, data, side.Padding)
                    : Iso9797.Algorithm1(in schedule, data, side.Padding));
            }

            return HsmResult.Done;
        }
        finally
        {
            schedule.Wipe();
        }
    }

    private HsmResult Transform(in CipherSide side, KeyTask task, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (side.Use is not (DukptUse.DataRequest or DukptUse.DataResponse)) return HsmResult.BadInput;
        if (side.Mode is not (BlockMode.Cbc or BlockMode.Ecb)) return HsmResult.BadInput;
        var schedule = default(KeySchedule);
        try
        {
            var result = TryOpen(side.Key, task, side.Ksn, side.Use, side.Working, ref schedule, out _);
            if (result != HsmResult.Done) return result;
            var size = schedule.BlockBytes;
            if (source.Length % size != 0 || source.Length > DataBytesMax) return HsmResult.BadInput;
            if (side.Vector.Length != (side.Mode == BlockMode.Ecb ? 0 : size)) return HsmResult.BadInput;
            if (target.Length < source.Length) return HsmResult.TargetTooShort;
            var decrypts = task == KeyTask.DecryptData;
            if (side.Mode == BlockMode.Ecb) BlockModes.Ecb(in schedule, source, target, decrypts);
            else if (decrypts) BlockModes.DecryptCbc(in schedule, side.Vector, source, target);
            else BlockModes.EncryptCbc(in schedule, side.Vector, source, target);
            return HsmResult.Done;
        }
        finally
        {
            schedule.Wipe();
        }
    }

    private HsmResult Replace(
        HsmKey handle, KeyTask task, ReadOnlySpan<byte> tweak, int radix, ReadOnlySpan<byte> source, Span<byte> target)
    {
        var result = TryUse(handle, task, out var key);
        if (result != HsmResult.Done) return result;
        if (radix is not (10 or 36) || tweak.Length > Ff1.TweakBytesMax || !Ff1.IsDomain(radix, source.Length)) return HsmResult.BadInput;
        if (target.Length < source.Length) return HsmResult.TargetTooShort;
        Span<byte> numerals = stackalloc byte[38];
        numerals = numerals[..source.Length];
        try
        {
            for (var index = 0; index < source.Length; index++)
            {
                var symbol = source[index];
                var numeral = symbol is >= (byte)'0' and <= (byte)'9' ? symbol - '0' : radix;
                if (symbol is >= (byte)'a' and <= (byte)'z') numeral = symbol - 'a' + 10;
                if (numeral >= radix) return HsmResult.BadInput;
                numerals[index] = (byte)numeral;
            }

            var room = default(KeySchedule);
            Ff1.Apply(in Opened(key, ref room), tweak, radix, numerals, task == KeyTask.Detokenise);
            for (var index = 0; index < numerals.Length; index++) target[index] = "0123456789abcdefghijklmnopqrstuvwxyz"u8[numerals[index]];
            return HsmResult.Done;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(numerals);
        }
    }
}
