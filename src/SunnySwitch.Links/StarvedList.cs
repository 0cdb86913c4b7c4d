namespace SunnySwitch.Links;

/// <summary>
/// Links that found the ring full. They stop reading and wait here; the kernel wakes them after each batch.
/// No network thread sleeps or spins.
/// </summary>
internal sealed class StarvedList
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiting;

    /// <summary>Joins the list. The caller looks at the ring once more before it awaits, or a wake-up could be lost.</summary>
    public Task Join()
    {
        lock (_lock)
        {
            var waiting = _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.MemoryBarrier();
            return waiting.Task;
        }
    }

    /// <summary>Wakes all. Costs one load when nobody waits; the fence pairs with the one in <see cref="Join"/>.</summary>
    public void WakeAll()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiting) is null) return;
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            waiting = _waiting;
            _waiting = null;
        }

        waiting?.SetResult();
    }
}
