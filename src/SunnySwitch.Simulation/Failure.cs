namespace SunnySwitch.Simulation;

/// <summary>An invariant that did not hold: its id in docs/promises.md, and what was seen.</summary>
public sealed class InvariantBrokenException(string invariant, string what) : Exception($"{invariant}: {what}")
{
    /// <summary>I1 to I13.</summary>
    public string Invariant => invariant;
}
