namespace SunnySwitch.Simulation;

/// <summary>The last happenings, kept as numbers; words are made when somebody wants to read them.</summary>
internal sealed class History
{
    private const int Kept = 48;
    private readonly (long AtNanos, string What, object Detail, long Number)[] _kept =
        new (long, string, object, long)[Kept];
    private long _count;

    public void Add(long atNanos, string what, object? detail = null, long number = 0) =>
        _kept[_count++ % Kept] = (atNanos, what, detail ?? "", number);

    public IEnumerable<(long AtNanos, string What, object Detail, long Number)> Last()
    {
        for (var index = Math.Max(0, _count - Kept); index < _count; index++) yield return _kept[index % Kept];
    }
}
