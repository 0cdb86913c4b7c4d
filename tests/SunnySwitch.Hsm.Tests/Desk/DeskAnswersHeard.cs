using System.Collections.Concurrent;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Hsm.Desk;

namespace SunnySwitch.Hsm.Tests.Desk;

/// <summary>What a queued desk said, in order.</summary>
internal sealed class DeskAnswersHeard : IDeskAnswers, IDisposable
{
    private readonly BlockingCollection<(long Ticket, DeskAnswer Answer, SecurityVerdicts Verdicts, byte[] Data)> _all = [];

    /// <summary>Said so far, and not taken.</summary>
    public int Count => _all.Count;

    public void Dispose() => _all.Dispose();

    public void Put(long ticket, DeskAnswer answer, SecurityVerdicts verdicts, ReadOnlySpan<byte> data) =>
        _all.Add((ticket, answer, verdicts, data.ToArray()));

    public (int Ticket, DeskAnswer Answer, SecurityVerdicts Verdicts, byte[] Data) Next()
    {
        Assert.True(_all.TryTake(out var next, TimeSpan.FromSeconds(20)));
        return ((int)next.Ticket, next.Answer, next.Verdicts, next.Data);
    }
}
