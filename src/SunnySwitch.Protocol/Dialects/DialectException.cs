namespace SunnySwitch.Protocol.Dialects;

/// <summary>A dialect file cannot be used; lists every problem found, not only the first.</summary>
public sealed class DialectException : Exception
{
    /// <summary>Makes the exception; <paramref name="problems"/> holds at least one line for people.</summary>
    public DialectException(IReadOnlyList<string> problems)
        : base($"the dialect has {problems.Count} problem(s): {string.Join("; ", problems)}") => Problems = problems;

    /// <summary>
    /// One line per problem, each naming where it is (<c>fields.35.length</c>) and what would be right.
    /// </summary>
    public IReadOnlyList<string> Problems { get; }
}
