using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Tests;

/// <summary>A module with a key for everything, and the short words that the tests are written with.</summary>
internal sealed class Rig : IDisposable
{
    /// <summary>A published test card.</summary>
    public const string Pan = "4761739001010119", OtherPan = "5555555555554444";

    public static readonly byte[] PanDigits = Encoding.ASCII.GetBytes(Pan);

    private readonly Dictionary<(KeyUsage, KeyAlgorithm), HsmKey> _keys = [];

    public SoftwareHsm Hsm { get; } = new();

    /// <summary>A random key of the usage, as free as it can be.</summary>
    public HsmKey Key(KeyUsage usage, KeyAlgorithm algorithm = KeyAlgorithm.Tdea)
    {
        if (_keys.TryGetValue((usage, algorithm), out var key)) return key;
        return _keys[(usage, algorithm)] = New(usage, KeyMode.Any, algorithm);
    }

    public HsmKey New(KeyUsage usage, KeyMode mode, KeyAlgorithm algorithm = KeyAlgorithm.Tdea, int bits = 128,
        KeyExportability exportability = KeyExportability.Exportable)
    {
        Assert.Equal(HsmResult.Done, Hsm.GenerateKey(new KeyAttributes(usage, algorithm, mode, exportability), bits, out var key));
        return key!;
    }

    /// <summary>A key of known bytes, by two components.</summary>
    public HsmKey Enter(KeyUsage usage, string hex, KeyAlgorithm algorithm = KeyAlgorithm.Tdea, KeyMode mode = KeyMode.Any) =>
        Enter(Hsm, usage, hex, algorithm, mode);

    public static HsmKey Enter(SoftwareHsm hsm, KeyUsage usage, string hex, KeyAlgorithm algorithm = KeyAlgorithm.Tdea, KeyMode mode = KeyMode.Any)
    {
        var (first, second) = Components(hex);
        var attributes = new KeyAttributes(usage, algorithm, mode, KeyExportability.Exportable);
        Assert.Equal(HsmResult.Done, hsm.FormKey(in attributes, first, second, default, out var key));
        return key!;
    }

    public static (byte[] First, byte[] Second) Components(string hex)
    {
        var first = Bytes(hex);
        var second = new byte[first.Length];
        for (var index = 0; index < first.Length; index++)
        {
            second[index] = (byte)(0x5A + 7 * index);
            first[index] ^= second[index];
        }

        return (first, second);
    }

    /// <summary>The block of a known PIN under the module's own PIN key, which only the room's tests can read.</summary>
    public byte[] Block(string pin, string pan = Pan, PinFormat format = PinFormat.Iso0)
    {
        Assert.True(ClearPin.TryTake(Ascii(pin), out var clear));
        if (format != PinFormat.Iso4) return Encipher(PinBlocks.Encode(format, in clear, Nibble.Account(Ascii(pan)), 0xAAAAAAAAAAAAAAAA));
        var block = new byte[16];
        PinBlocks.Encipher4(in Hsm.Held(Side(format).Key).Schedule, in clear, Ascii(pan), 0x0123456789ABCDEF, block);
        return block;
    }

    /// <summary>A clear block of eight bytes, under the PIN key.</summary>
    public byte[] Encipher(ulong clear)
    {
        var block = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(block, Hsm.Held(Side().Key).Schedule.Encrypt64(clear));
        return block;
    }

    public PinSide Side(PinFormat format = PinFormat.Iso0) =>
        new(Key(KeyUsage.PinEncryption, format == PinFormat.Iso4 ? KeyAlgorithm.Aes : KeyAlgorithm.Tdea), format);

    public static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    public static string Text(byte[] bytes) => Encoding.ASCII.GetString(bytes);

    public static string Hex(ulong word) => word.ToString("X16", CultureInfo.InvariantCulture);

    public void Dispose() => Hsm.Dispose();
}
