using System.Buffers.Binary;
using System.Numerics;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>How the MTI is written.</summary>
internal enum MtiForm : byte
{
    /// <summary>Four ASCII digits.</summary>
    Ascii,
    /// <summary>Two packed bytes.</summary>
    Bcd,
    /// <summary>Four EBCDIC digits.</summary>
    Ebcdic,
}

/// <summary>How a bitmap is written.</summary>
internal enum BitmapForm : byte
{
    /// <summary>Bytes as they are.</summary>
    Raw,
    /// <summary>Upper-case hex characters, ASCII.</summary>
    Hex,
    /// <summary>Upper-case hex characters, EBCDIC.</summary>
    HexEbcdic,
}

/// <summary>A message that a dialect file gives as a sample.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Message">Without framing.</param>
public sealed record DialectSample(string Name, byte[] Message);

/// <summary>Finds a dialect file that another one names under <c>inherits</c>; null if there is none.</summary>
public delegate byte[]? DialectSource(string name);

/// <summary>One party's reading of ISO 8583, compiled to a flat table. Immutable, shared by threads.</summary>
public sealed class Dialect
{
    /// <summary>Highest field number: three bitmaps.</summary>
    public const int FieldMax = FieldSet.FieldMax;

    private readonly FieldPlan[] _plans;
    private readonly Composition[] _compositions;
    private readonly Dictionary<int, string> _names;
    private readonly Dictionary<ushort, byte[]> _codes = [];
    private readonly byte[]? _otherCode;
    private readonly DialectDraft _draft;

    internal Dialect(DialectDraft draft)
    {
        Must.Hold(draft.Plans.Length == FieldMax + 1);
        _draft = draft;
        Name = draft.Name;
        Version = draft.Version;
        MtiForm = draft.MtiForm;
        BitmapForm = draft.BitmapForm;
        AllowsTrailingBytes = draft.AllowsTrailingBytes;
        AllowsLowerHex = draft.AllowsLowerHex;
        Samples = draft.Samples;
        Description = draft.Description;
        Parent = draft.Parent;
        Framing = draft.Framing;
        Standard = draft.Standard;
        KeepAlive = draft.KeepAlive;
        Match = draft.Match;
        AnswerSeconds = draft.AnswerSeconds;
        CutOverSeconds = draft.CutOverSeconds;
        Manual = draft.Manual;
        Flow = draft.Flow;
        Marks = draft.Marks;
        Address = draft.Address;
        Security = draft.Security;
        ResponseCodes = draft.ResponseCodes;
        _plans = draft.Plans;
        _compositions = [.. draft.Compositions];
        _names = draft.Names;
        for (var field = 2; field <= FieldMax; field++)
        {
            if (_plans[field].Check != ContentCheck.Undefined) Defined.Add(field);
            if (_plans[field].Parts != 0) WithParts.Add(field);
        }

        HasThirdBitmap = Defined.Third != 0;
        foreach (var (code, wire) in draft.ResponseCodes)
        {
            var content = CodeContent(wire);
            if (code == "*") _otherCode = content;
            else _codes[(ushort)(code[0] | (code[1] << 8))] = content;
        }
    }

    /// <summary>The name the file gives itself, as used on command lines and in link files.</summary>
    public string Name { get; }

    /// <summary>
    /// CRC-32C of the file's bytes, those of the files it inherits from before them: goes into each Decided frame, so that a replay knows what was in force.
    /// </summary>
    public uint Version { get; }

    /// <summary>Fields that the dialect defines.</summary>
    public readonly FieldSet Defined;

    /// <summary>Fields that split into parts.</summary>
    public readonly FieldSet WithParts;

    /// <summary>Messages that the file gives as samples: each decodes, and encodes to the same bytes.</summary>
    public IReadOnlyList<DialectSample> Samples { get; }

    /// <summary>What the file says of itself; empty if nothing.</summary>
    public string Description { get; }

    /// <summary>The dialect that it inherits from; null if from none.</summary>
    public string? Parent { get; }

    /// <summary>The edition of ISO 8583 that tells what the fields mean: 1987, 1993 or 2003.</summary>
    public int Standard { get; }

    /// <summary>How frames are cut where a link does not say; null if the file does not either.</summary>
    public string? Framing { get; }

    /// <summary>What is done with keep-alives where a link does not say: refuse, answer or ignore; null if not said.</summary>
    public string? KeepAlive { get; }

    /// <summary>Fields by which an answer finds its request; none if the file does not say.</summary>
    public FieldSet Match { get; }

    /// <summary>Seconds that an answer may take, 1 to 300; 0 if the file does not say.</summary>
    public int AnswerSeconds { get; }

    /// <summary>
    /// Seconds before the end of the business date from which on the counterparty wants new requests to be refused until the next is open, 0 to
    /// 900; -1 if the file does not say: they never are.
    /// </summary>
    public int CutOverSeconds { get; }

    /// <summary>What the file leaves to the counterparty's manual, in sentences.</summary>
    public IReadOnlyList<string> Manual { get; }

    /// <summary>MTI that answers each request, where that is not the standard's rule.</summary>
    public IReadOnlyDictionary<ushort, ushort> Flow { get; }

    /// <summary>What messages say where the standard has no place for it.</summary>
    public IReadOnlyList<DialectMark> Marks { get; }

    /// <summary>Where the cardholder's address is; null if it is not sent.</summary>
    public DialectAddress? Address { get; }

    /// <summary>Where PIN block, key serial number and printed code are; null if nothing is said of it.</summary>
    public DialectSecurity? Security { get; }

    /// <summary>Code of the wire for each of 1987's; <c>*</c> stands for all others.</summary>
    public IReadOnlyDictionary<string, string> ResponseCodes { get; }

    /// <summary>
    /// Writes the content of field 39 for a code of 1987 (two ASCII characters, the first in the low byte): what
    /// <see cref="ResponseCodes"/> says, or the two characters as this dialect writes them.
    /// </summary>
    public void WriteResponseCode(ushort code, Span<byte> target)
    {
        var mapped = _codes.Count > 0 && _codes.TryGetValue(code, out var known) ? known : _otherCode;
        if (mapped is not null)
        {
            mapped.CopyTo(target);
            return;
        }

        target[0] = Character(39, (byte)code);
        target[1] = Character(39, (byte)(code >> 8));
    }

    /// <summary>Writes the content of a fixed field of bytes, as many as it has: as they are, or as the hex that the dialect has them in.</summary>
    public void WriteBytes(int field, ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        ref readonly var plan = ref _plans[field];
        Must.Hold(plan.Type == FieldType.Binary && plan.IsFixed && bytes.Length == plan.UnitsMax);
        FieldContent.WriteBytes(in plan, bytes, target);
    }

    /// <summary>The byte that stands for an ASCII character in a text field.</summary>
    public byte Character(int field, byte ascii) => Ebcdic.Byte(_plans[field].Encoding, ascii);

    private byte[] CodeContent(string wire)
    {
        ref readonly var plan = ref _plans[39];
        var content = new byte[plan.BytesOf(wire.Length)];
        FieldContent.WriteText(in plan, System.Text.Encoding.ASCII.GetBytes(wire), content);
        return content;
    }

    /// <summary>
    /// MTI of the answer: as <see cref="Flow"/> says, or the function digit plus one and no repeat bit (0101 and 0100 give
    /// 0110, 0421 gives 0430; ISO 8583-1:1987 clause 4.1). 0 for a message that nobody answers: a response.
    /// </summary>
    public ushort AnswerMti(ushort mti)
    {
        if (Flow.Count > 0 && Flow.TryGetValue(mti, out var answer)) return answer;
        return (mti & 0x0010) != 0 ? (ushort)0 : (ushort)((mti & ~0x0001) + 0x0010);
    }

    /// <summary>Leniency <c>trailing-bytes</c>: what follows the last field is not looked at.</summary>
    internal bool AllowsTrailingBytes { get; }

    /// <summary>Leniency <c>lower-case-hex</c>, in bitmaps.</summary>
    internal bool AllowsLowerHex { get; }

    /// <summary>True if the dialect defines fields over 128: bit 65 then announces a third bitmap.</summary>
    internal bool HasThirdBitmap { get; }

    /// <summary>How the MTI is written.</summary>
    internal MtiForm MtiForm { get; }

    /// <summary>How a bitmap is written.</summary>
    internal BitmapForm BitmapForm { get; }

    /// <summary>Bytes of the MTI on the wire.</summary>
    internal int MtiBytes => MtiForm == MtiForm.Bcd ? 2 : 4;

    /// <summary>Bytes of one bitmap on the wire.</summary>
    internal int BitmapBytes => BitmapForm == BitmapForm.Raw ? 8 : 16;

    /// <summary>Plans by field number, 0 to 192.</summary>
    internal FieldPlan[] Plans => _plans;

    /// <summary>Names of the dialects inside the assembly, in order.</summary>
    public static IReadOnlyList<string> BuiltInNames { get; } = FindBuiltIns();

    private static readonly Dialect?[] _builtIn = new Dialect?[BuiltInNames.Count];

    /// <summary>Type of a field, 2 to 192; <see cref="FieldType.Undefined"/> if the dialect has none.</summary>
    public FieldType TypeOf(int field) => (uint)field <= FieldMax ? _plans[field].Type : FieldType.Undefined;

    /// <summary>
    /// Most units (digits, characters or bytes) of a field; the exact count if <see cref="IsFixed"/>.
    /// </summary>
    public int UnitsMax(int field) => _plans[field].UnitsMax;

    /// <summary>True if the field's length never varies.</summary>
    public bool IsFixed(int field) => _plans[field].IsFixed;

    /// <summary>True if the field's digits are packed two to a byte (a track separator is then nibble D).</summary>
    public bool IsPacked(int field) => _plans[field].IsPacked;

    /// <summary>True if the field's characters are EBCDIC: <see cref="MessageReader.Content"/> is then no ASCII text.</summary>
    public bool IsEbcdic(int field) => _plans[field].IsEbcdic;

    /// <summary>True if the field splits into parts: <see cref="MessageReader.Open"/>.</summary>
    public bool HasParts(int field) => PartsOf(field) is not null;

    /// <summary>What the file calls a field; null if it leaves that to the standard.</summary>
    public string? NameOf(int field) => _names.GetValueOrDefault(field);

    /// <summary>The same dialect but for one field: what if it were written otherwise?</summary>
    internal Dialect With(int field, in FieldPlan plan) => new(_draft.With(field, in plan));

    /// <summary>How a field splits; null if it does not.</summary>
    internal Composition? PartsOf(int field)
    {
        var index = (uint)field <= FieldMax ? _plans[field].Parts : 0;
        return index == 0 ? null : _compositions[index];
    }

    /// <summary>How the place at a path splits; null if it does not.</summary>
    internal Composition? PartsOf(in FieldPath path)
    {
        var composition = PartsOf(path.Field);
        for (var step = 1; step < path.Count; step++) composition = PartsOf(composition, path.Key(step));
        return composition;
    }

    /// <summary>What the place at a path, which must be one (Must.Hold), holds.</summary>
    internal ref readonly FieldPlan PlanOf(in FieldPath path)
    {
        Must.Hold(path.Count > 0);
        if (path.Count == 1) return ref _plans[path.Field];
        var composition = PartsOf(path.Head(path.Count - 1));
        Must.Hold(composition is not null);
        var entry = composition.IndexOf(path.Key(path.Count - 1));
        if (entry < 0) return ref composition.UnknownPlan;
        return ref composition.Parts[entry].Plan;
    }

    /// <summary>How a part splits further; null if it does not. A template of BER-TLV holds BER-TLV.</summary>
    internal Composition? PartsOf(Composition? outer, uint key)
    {
        if (outer is null) return null;
        var entry = outer.IndexOf(key);
        if (entry < 0) return outer.Kind == CompositionKind.BerTlv && Tlv.IsConstructed(key) ? outer.Template : null;
        var index = outer.Parts[entry].Plan.Parts;
        return index == 0 ? null : _compositions[index];
    }

    /// <summary>
    /// Takes a field of the primary bitmap, 2 to 64, out of the bitmap of an encoded message; its content is the
    /// caller's to remove.
    /// </summary>
    public void ClearInBitmap(Span<byte> message, int field)
    {
        Must.Hold(field is >= 2 and <= 64);
        var bit = field - 1;
        if (BitmapForm == BitmapForm.Raw)
        {
            message[MtiBytes + (bit >> 3)] &= (byte)~(0x80 >> (bit & 7));
            return;
        }

        var encoding = BitmapForm == BitmapForm.Hex ? FieldEncoding.Ascii : FieldEncoding.Ebcdic1047;
        ref var place = ref message[MtiBytes + (bit >> 2)];
        var nibble = Hex.Value(Ebcdic.Character(encoding, place));
        place = Ebcdic.Byte(encoding, "0123456789ABCDEF"u8[nibble & ~(8 >> (bit & 3))]);
    }

    /// <summary>
    /// Compiles a dialect file (UTF-8 JSON, at most 1 MiB; comments and trailing commas allowed). Files it inherits from
    /// come from <paramref name="source"/>, or from inside the assembly if none is given.
    /// </summary>
    /// <exception cref="DialectException">Lists every problem at once.</exception>
    public static Dialect Parse(ReadOnlySpan<byte> json, DialectSource? source = null) =>
        new(DialectParser.Parse(json, source ?? BuiltInFile));

    /// <summary>A dialect that is inside the assembly; null if there is none of that name.</summary>
    public static Dialect? BuiltIn(string name)
    {
        var index = -1;
        for (var each = 0; each < BuiltInNames.Count; each++)
        {
            if (BuiltInNames[each] == name) index = each;
        }

        // Compiled when first asked for; two threads at once make two that are the same.
        return index < 0 ? null : _builtIn[index] ??= Parse(BuiltInFile(name)!);
    }

    /// <summary>The file of a dialect that is inside the assembly; null if there is none of that name.</summary>
    public static byte[]? BuiltInFile(string name)
    {
        if (!BuiltInNames.Contains(name, StringComparer.Ordinal)) return null;
        using var stream = typeof(Dialect).Assembly.GetManifestResourceStream("dialects/" + name);
        Must.Hold(stream is not null);
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        return json;
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

    /// <summary>CRC-32C of bytes that follow others, whose CRC is <paramref name="before"/> (0 for none).</summary>
    internal static uint Crc32C(uint before, ReadOnlySpan<byte> bytes)
    {
        var crc = ~before;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}

/// <summary>A dialect while its file is read.</summary>
internal sealed class DialectDraft
{
    public string Name = "";
    public uint Version;
    public MtiForm MtiForm;
    public BitmapForm BitmapForm;
    public bool AllowsTrailingBytes;
    public bool AllowsLowerHex;
    public bool AllowsAnyPad;
    public string Description = "";
    public string? Parent;
    public string? Framing;
    public int Standard = 1987;
    public string? KeepAlive;
    public int AnswerSeconds;
    public int CutOverSeconds = -1;
    public FieldSet Match;
    public readonly List<DialectSample> Samples = [];
    public readonly List<string> Manual = [];
    public readonly List<DialectMark> Marks = [];
    public DialectAddress? Address;
    public DialectSecurity? Security;
    public readonly Dictionary<ushort, ushort> Flow = [];
    public readonly Dictionary<string, string> ResponseCodes = new(StringComparer.Ordinal);
    public readonly List<Composition> Compositions = [new()];   // 0 is none.

    /// <summary>The same with another plan for a field.</summary>
    public DialectDraft With(int field, in FieldPlan plan)
    {
        var copy = (DialectDraft)MemberwiseClone();
        copy.Plans = [.. Plans];
        copy.Plans[field] = plan;
        return copy;
    }

    public readonly Dictionary<int, string> Names = [];
    public FieldPlan[] Plans = new FieldPlan[Dialect.FieldMax + 1];
}
