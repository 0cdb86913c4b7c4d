namespace SunnySwitch.Hsm;

/// <summary>A step inside an operation failed: whoever began the operation turns it into the result.</summary>
internal sealed class HsmException(HsmResult result, string message) : Exception(message)
{
    /// <summary>What the operation ends with.</summary>
    public HsmResult Result { get; } = result;
}
