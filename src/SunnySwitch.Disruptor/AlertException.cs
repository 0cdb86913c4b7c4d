namespace SunnySwitch.Disruptor;

/// <summary>A wait ended because its barrier was alerted. A signal, not an error: one shared instance, its trace means nothing.</summary>
public sealed class AlertException : Exception
{
    /// <summary>The one instance.</summary>
    public static readonly AlertException Instance = new();

    private AlertException() : base("the barrier was alerted") { }
}
