namespace SunnySwitch.SystemTests;

/// <summary>Work on a thread of its own; what goes wrong there fails the test that awaits it, not the process.</summary>
internal static class Beside
{
    public static Task Start(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
