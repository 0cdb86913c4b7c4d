using SunnySwitch.Ledger.Projection;

namespace SunnySwitch.Ledger.Tests;

/// <summary>A projector on a thread of its own, as a switch has it.</summary>
internal sealed class RunningProjector : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource _stop = new();
    private readonly Rig _rig;
    private readonly Thread _thread;

    public RunningProjector(Rig rig, int rowsMax = 10)
    {
        _rig = rig;
        Projector = rig.Projector(rowsMax);
        _thread = new Thread(() => Projector.Run(_stop.Token)) { IsBackground = true };
        _thread.Start();
    }

    public Projector Projector { get; }

    public void Reaches(long sequence) => Until(() => Projector.Status.Sequence >= sequence, $"sequence {sequence}");

    public void Is(ProjectionState state, string because) => Until(
        () => Projector.Status.State == state && Projector.Status.Cause?.Contains(because, StringComparison.Ordinal) == true, $"{state}: {because}");

    /// <summary>It has tried in vain again, with what is there since now.</summary>
    public void FailsAgain()
    {
        var failed = Projector.Status.FailedAttempts;
        Until(() => Projector.Status.FailedAttempts > failed + 1, "tried again");
    }

    /// <summary>All is there, once.</summary>
    public void EndsClean()
    {
        Reaches(_rig.End);
        Until(() => Projector.Status.State == ProjectionState.Running, "running");
        _rig.AssertClean();
    }

    public void Dispose()
    {
        _stop.Cancel();
        Assert.True(_thread.Join(_patience), "the projector does not stop");
        _stop.Dispose();
    }

    private void Until(Func<bool> condition, string what) => Assert.True(
        SpinWait.SpinUntil(condition, _patience),
        $"never: {what}; is {Projector.Status.State} at {Projector.Status.Sequence} of {_rig.End}: {Projector.Status.Cause}");
}
