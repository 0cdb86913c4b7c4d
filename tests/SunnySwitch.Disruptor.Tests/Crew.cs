using Xunit;

namespace SunnySwitch.Disruptor.Tests;

/// <summary>Threads of one test: what they throw and a thread that never ends both fail the test.</summary>
internal sealed class Crew
{
    private readonly List<(Thread Thread, string Name)> _threads = [];
    private volatile Exception? _first;

    public Crew Start(string name, Action body)
    {
        var thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception thrown)
            {
                _first ??= thrown;
            }
        })
        { IsBackground = true, Name = name };
        _threads.Add((thread, name));
        thread.Start();
        return this;
    }

    public void Join(int seconds = 15)
    {
        foreach (var (thread, name) in _threads)
        {
            Assert.True(thread.Join(TimeSpan.FromSeconds(seconds)), $"{name} hangs");
        }
        if (_first is not null) throw new InvalidOperationException("a thread of the test threw", _first);
    }

    /// <summary>Waits for something another thread is about to do.</summary>
    public static void Until(Func<bool> holds, string what)
    {
        Assert.True(SpinWait.SpinUntil(holds, TimeSpan.FromSeconds(15)), $"never happened: {what}");
    }
}
