using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Where a version of a key stands. Durable.</summary>
public enum KeyState : byte
{
#pragma warning disable CS1591
    None = 0,
#pragma warning restore CS1591
    /// <summary>It is there and not used yet.</summary>
    Next = 1,
    /// <summary>What is made is made with it; what is checked is checked with it first.</summary>
    Current = 2,
    /// <summary>What was made before the change is still checked with it.</summary>
    Previous = 3,
    /// <summary>It is destroyed; what is known of it stays.</summary>
    Retired = 4,
}

/// <summary>What was done to a key. Durable.</summary>
public enum KeyAct : byte
{
#pragma warning disable CS1591
    None = 0, Formed = 1, Generated = 2, Imported = 3, Activated = 4, Retired = 5, Exported = 6,
#pragma warning restore CS1591
    /// <summary>Retired at once, since others may know it.</summary>
    Compromised = 7,
}

/// <summary>
/// What the journal knows of a version of a key: everything but the key.
/// <code>
/// 0 label 16 | 16 check value 8 | 24 version 4 | 28 usage 2 | 30 bits 2 | 32 algorithm, mode, exportability, state 4 |
/// 36 made 2 | 38 since 2 | 40 expires 2 | 42 unused 6 | 48 custodians 3 x 16 | 96
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct KeyNoteEntry : IRegistered<KeyNoteEntry>
{
    public const int Bytes = 96;
    [FieldOffset(0)] public UInt128 Label;
    [FieldOffset(16)] public ulong CheckValue;
    [FieldOffset(24)] public uint Version;
    [FieldOffset(28)] public ushort Usage;
    [FieldOffset(30)] public ushort Bits;
    [FieldOffset(32)] public byte Algorithm;
    [FieldOffset(33)] public byte Mode;
    [FieldOffset(34)] public byte Exportability;
    [FieldOffset(35)] public KeyState State;
    /// <summary>Business date on which it came, days since 1970-01-01.</summary>
    [FieldOffset(36)] public ushort Made;
    /// <summary>Business date of its state.</summary>
    [FieldOffset(38)] public ushort Since;
    /// <summary>Day by which it is to be changed; 0: none was said.</summary>
    [FieldOffset(40)] public ushort Expires;
    /// <summary>Who brought it in; the rest empty.</summary>
    [FieldOffset(48)] public UInt128 First;
    [FieldOffset(64)] public UInt128 Second;
    [FieldOffset(80)] public UInt128 Third;

    public readonly bool IsUsed => State != KeyState.None;

    public readonly ulong Home
    {
        get
        {
            var mix = new Mix((ulong)StateTable.KeyNotes);
            mix.Add((ulong)Label, (ulong)(Label >> 64));
            mix.Add(Version, 0);
            return mix.Finish64();
        }
    }

    /// <summary>For people and for whoever holds the keys.</summary>
    public readonly KeyNote View => new(
        TextOf(Label), Version, State, CheckValue, Usage, Algorithm, Mode, Exportability, Bits, Made, Since, Expires,
        string.Join(", ", new[] { TextOf(First), TextOf(Second), TextOf(Third) }.Where(name => name.Length > 0)));

    public readonly bool HasKeyOf(in KeyNoteEntry other) => Label == other.Label && Version == other.Version;

    public readonly UInt128 Mix()
    {
        var mix = new Mix((ulong)StateTable.KeyNotes);
        mix.Add((ulong)Label, (ulong)(Label >> 64));
        mix.Add(CheckValue, ((ulong)Version << 32) | ((ulong)Usage << 16) | Bits);
        mix.Add(
            ((ulong)Algorithm << 24) | ((ulong)Mode << 16) | ((ulong)Exportability << 8) | (ulong)State,
            ((ulong)Made << 32) | ((ulong)Since << 16) | Expires);
        mix.Add((ulong)First, (ulong)(First >> 64));
        mix.Add((ulong)Second, (ulong)(Second >> 64));
        mix.Add((ulong)Third, (ulong)(Third >> 64));
        return mix.Finish();
    }

    private static string TextOf(UInt128 id)
    {
        var text = default(Text16);
        MemoryMarshal.Write(text, in id);
        return text.ToString();
    }
}

/// <summary>What the journal knows of a version of a key.</summary>
/// <param name="Label">1 to 16 characters.</param>
/// <param name="Version">From 1.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CheckValue">Its check value as a number.</param>
/// <param name="Usage">As X9.143 has it, first character in the high byte.</param>
/// <param name="Algorithm">Likewise.</param>
/// <param name="Mode">Likewise.</param>
/// <param name="Exportability">Likewise.</param>
/// <param name="Bits">Its length.</param>
/// <param name="Made">Business date on which it came, days since 1970-01-01.</param>
/// <param name="Since">Business date of its state.</param>
/// <param name="Expires">Day by which it is to be changed; 0: none was said.</param>
/// <param name="Custodians">Who brought it in.</param>
public readonly record struct KeyNote(
    string Label, uint Version, KeyState State, ulong CheckValue, ushort Usage, byte Algorithm, byte Mode, byte Exportability, ushort Bits,
    ushort Made, ushort Since, ushort Expires, string Custodians);
