using System.Globalization;

namespace SunnySwitch.Host.Load;

/// <summary>
/// Makes a session's messages new: DE7, 11, 12, 13 and 37 of this moment, DE90 pointing to an original as it was sent just now, DE38 as
/// it was just given. Without that, a second play would be nothing but repeats.
/// </summary>
/// <param name="startedAt">Start of the play, UTC.</param>
/// <param name="acquirer">DE32 for all messages that have one; null keeps the file's.</param>
internal sealed class SessionStamps(DateTime startedAt, string? acquirer)
{
    // A reversal speaks of its original's card, money and place, and of when it was made.
    private static readonly int[] KeptByReversal = [2, 3, 4, 12, 13, 14, 32, 33, 37, 41, 42, 49];

    private readonly Dictionary<string, SortedDictionary<int, string>> _sent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _approvalCodes = new(StringComparer.Ordinal);
    private long _stan = startedAt.Ticks / TimeSpan.TicksPerMillisecond / 10;

    /// <summary>The fields of a step as they go out now, the MTI under 0.</summary>
    public SortedDictionary<int, string> Stamp(SessionStep step, DateTime now)
    {
        var fields = step.Repeats is null ? Fresh(step, now) : Repeat(_sent[step.Repeats]);
        _sent[step.Name] = fields;
        return fields;
    }

    /// <summary>Notes the approval code of a step's answer, for steps that name it.</summary>
    public void Answered(SessionStep step, string approvalCode) => _approvalCodes[step.Name] = approvalCode;

    /// <summary>DE90: original MTI, STAN, transmission time, acquirer and forwarder, 42 digits.</summary>
    public static string OriginalData(SortedDictionary<int, string> original) =>
        original[0] + original[11] + original[7]
        + original.GetValueOrDefault(32, "").PadLeft(11, '0') + original.GetValueOrDefault(33, "").PadLeft(11, '0');

    private static SortedDictionary<int, string> Repeat(SortedDictionary<int, string> original)
    {
        var fields = new SortedDictionary<int, string>(original);
        fields[0] = original[0][..3] + (char)(original[0][3] | 1);
        return fields;
    }

    private SortedDictionary<int, string> Fresh(SessionStep step, DateTime now)
    {
        var fields = new SortedDictionary<int, string>();
        foreach (var (field, value) in step.Fields) fields[Number(step, field)] = value;
        if (acquirer is not null && fields.ContainsKey(32)) fields[32] = acquirer;

        var stan = (_stan++ % 999_999 + 1).ToString("D6", CultureInfo.InvariantCulture);
        Set(fields, 7, now.ToString("MMddHHmmss", CultureInfo.InvariantCulture));
        Set(fields, 11, stan);
        Set(fields, 12, now.ToString("HHmmss", CultureInfo.InvariantCulture));
        Set(fields, 13, now.ToString("MMdd", CultureInfo.InvariantCulture));
        Set(fields, 37, $"{now.Year % 10}{now.DayOfYear:D3}{now.Hour:D2}{stan}");
        if (step.ApprovedBy is not null)
        {
            fields[38] = _approvalCodes.TryGetValue(step.ApprovedBy, out var code) ? code
                : throw new LoadException($"step {step.Name}: {step.ApprovedBy} got no approval code");
        }

        if (step.Names is not null) fields[90] = OriginalData(_sent[step.Names]);
        if (step.Reverses is null) return fields;

        var original = _sent[step.Reverses];
        foreach (var field in KeptByReversal)
            if (original.TryGetValue(field, out var value)) Set(fields, field, value);

        fields[90] = OriginalData(original);
        return fields;
    }

    private static void Set(SortedDictionary<int, string> fields, int field, string value)
    {
        if (fields.ContainsKey(field)) fields[field] = value;
    }

    private static int Number(SessionStep step, string field) =>
        int.TryParse(field, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 128 ? number
        : throw new LoadException($"step {step.Name}: {field} is no field number");
}
