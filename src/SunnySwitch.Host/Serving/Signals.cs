using System.Runtime.InteropServices;

namespace SunnySwitch.Host.Serving;

/// <summary>The first SIGTERM or SIGINT asks for a drain; the second stops at once. SIGHUP asks for the dialects to be read again.</summary>
internal sealed class Signals : IDisposable
{
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public Signals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangUp),
    ];

    /// <summary>What SIGHUP does; nothing until it is set.</summary>
    public Action? OnReload { get; set; }

    public Task StopAsked => _stop.Task;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void OnHangUp(PosixSignalContext context)
    {
        context.Cancel = true;
        OnReload?.Invoke();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_stop.TrySetResult()) Environment.Exit(1);
    }
}
