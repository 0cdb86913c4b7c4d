using System.Buffers.Binary;
using System.Numerics;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>One party's reading of ISO 8583, compiled to a flat table. Immutable, shared by threads.</summary>
public sealed class Dialect
{
    /// <summary>Highest field number: two bitmaps.</summary>
    public const int FieldMax = 128;

    private readonly FieldPlan[] _plans;

    internal Dialect(string name, uint version, bool mtiPacked, bool bitmapHex, FieldPlan[] plans)
    {
        Must.Hold(plans.Length == FieldMax + 1);
        Name = name;
        Version = version;
        MtiPacked = mtiPacked;
        BitmapHex = bitmapHex;
        _plans = plans;
        for (var field = 2; field <= FieldMax; field++)
        {
            if (plans[field].Check != ContentCheck.Undefined) Defined.Add(field);
        }
    }

    /// <summary>The name the file gives itself, as used on command lines and in link files.</summary>
    public string Name { get; }

    /// <summary>
    /// CRC-32C of the file's bytes: goes into each Decided frame, so that a replay knows what was in force.
    /// </summary>
    public uint Version { get; }

    /// <summary>Fields that the dialect defines.</summary>
    public readonly FieldSet Defined;

    /// <summary>True if the MTI is two packed bytes, false if four ASCII digits.</summary>
    internal bool MtiPacked { get; }

    /// <summary>True if a bitmap is 16 upper-case hex characters, false if 8 bytes.</summary>
    internal bool BitmapHex { get; }

    /// <summary>Bytes of the MTI on the wire.</summary>
    internal int MtiBytes => MtiPacked ? 2 : 4;

    /// <summary>Bytes of one bitmap on the wire.</summary>
    internal int BitmapBytes => BitmapHex ? 16 : 8;

    /// <summary>Plans by field number, 0 to 128.</summary>
    internal FieldPlan[] Plans => _plans;

    /// <summary>Names of the dialects inside the assembly, in order.</summary>
    public static IReadOnlyList<string> BuiltInNames { get; } = FindBuiltIns();

    /// <summary>Type of a field, 2 to 128; <see cref="FieldType.Undefined"/> if the dialect has none.</summary>
    public FieldType TypeOf(int field) => (uint)field <= FieldMax ? _plans[field].Type : FieldType.Undefined;

    /// <summary>
    /// Most units (digits, characters or bytes) of a field; the exact count if <see cref="IsFixed"/>.
    /// </summary>
    public int UnitsMax(int field) => _plans[field].UnitsMax;

    /// <summary>True if the field's length never varies.</summary>
    public bool IsFixed(int field) => _plans[field].IsFixed;

    /// <summary>True if the field's digits are packed two to a byte (a track separator is then nibble D).</summary>
    public bool IsPacked(int field) => _plans[field].IsPacked;

    /// <summary>
    /// Takes a field of the primary bitmap, 2 to 64, out of the bitmap of an encoded message; its content is the
    /// caller's to remove.
    /// </summary>
    public void ClearInBitmap(Span<byte> message, int field)
    {
        Must.Hold(field is >= 2 and <= 64);
        var bit = field - 1;
        if (!BitmapHex)
        {
            message[MtiBytes + (bit >> 3)] &= (byte)~(0x80 >> (bit & 7));
            return;
        }

        ref var character = ref message[MtiBytes + (bit >> 2)];
        var nibble = character <= '9' ? character - '0' : character - 'A' + 10;
        character = "0123456789ABCDEF"u8[nibble & ~(8 >> (bit & 3))];
    }

    /// <summary>Compiles a dialect file (UTF-8 JSON, at most 1 MiB; comments and trailing commas allowed).</summary>
    /// <exception cref="DialectException">Lists every problem at once.</exception>
    public static Dialect Parse(ReadOnlySpan<byte> json) => new DialectParser().Parse(json, Crc32C(json));

    /// <summary>A dialect that is inside the assembly; null if there is none of that name.</summary>
    public static Dialect? BuiltIn(string name)
    {
        if (!BuiltInNames.Contains(name, StringComparer.Ordinal)) return null;
        using var stream = typeof(Dialect).Assembly.GetManifestResourceStream("dialects/" + name);
        Must.Hold(stream is not null);
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        return Parse(json);
    }

    private static string[] FindBuiltIns()
    {
        const string folder = "dialects/";
        var names = Array.FindAll(
            typeof(Dialect).Assembly.GetManifestResourceNames(),
            resource => resource.StartsWith(folder, StringComparison.Ordinal));
        for (var index = 0; index < names.Length; index++) names[index] = names[index][folder.Length..];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
