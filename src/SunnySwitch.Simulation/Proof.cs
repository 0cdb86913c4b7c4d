namespace SunnySwitch.Simulation;

/// <summary>What becomes of a thing that was sent as a proof, once somebody looks at it: written into its bytes, so that the desk can read it.</summary>
internal enum Proven
{
    Nothing, Right, Wrong, Unable, Malformed, Fault, Replayed,
}

/// <summary>What a message brings to prove who it is. No part of its body: a repeat may bring another.</summary>
/// <param name="Pin">Of the PIN block.</param>
/// <param name="Code">Of the stripe's code.</param>
/// <param name="Printed">Of the printed code.</param>
/// <param name="Chip">Of the cryptogram.</param>
/// <param name="Counter">The chip's own, another one for each cryptogram of a card.</param>
/// <param name="Device">That the PIN was entered at; 0: without keys of its own.</param>
/// <param name="Serial">Which of its keys the PIN is under.</param>
internal sealed record Proof(
    Proven Pin = Proven.Nothing, Proven Code = Proven.Nothing, Proven Printed = Proven.Nothing, Proven Chip = Proven.Nothing, int Counter = 0,
    int Device = 0, int Serial = 0)
{
    /// <summary>PIN block, track and cryptogram are these and a digit or byte for what becomes of them: to be found if they are kept anywhere.</summary>
    public const string PinBlock = "C70DE5B10C4A9E", Track = "908172635", Cryptogram = "D3C2B1A09F8E7D";

    public static readonly Proof None = new();

    /// <summary>The key serial number, in hex; nothing without a device.</summary>
    public string KeySerial => Device == 0 ? "" : $"FFFF987654{((ulong)Device << 21) | (uint)Serial:X10}";

    /// <summary>DE22, of a card read by its chip or its stripe.</summary>
    public string? EntryMode => Chip != Proven.Nothing ? "051" : Code != Proven.Nothing ? "901" : null;
}

/// <summary>What the desk said, of what it was asked for.</summary>
internal readonly record struct Said(Proven Pin, Proven Code, Proven Chip, Proven Mac)
{
    /// <summary>Somebody could read the PIN, so that its device is known.</summary>
    public bool IsPinRead => Pin is Proven.Right or Proven.Wrong;

    /// <summary>As a frame has it: a byte each.</summary>
    public uint InFrame => (uint)Pin | ((uint)Code << 8) | ((uint)Chip << 16) | ((uint)Mac << 24);
}

/// <summary>What a desk is asked for.</summary>
[Flags]
internal enum Looks
{
    Nothing = 0, Pin = 1, Code = 2, Chip = 4, Mac = 8,
}
