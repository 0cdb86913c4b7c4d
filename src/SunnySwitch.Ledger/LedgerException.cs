namespace SunnySwitch.Ledger;

/// <summary>The ledger cannot go on before somebody does something; the message says what.</summary>
public sealed class LedgerException : Exception
{
    /// <summary>Says why.</summary>
    public LedgerException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
