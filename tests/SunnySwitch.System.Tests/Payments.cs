using System.Diagnostics;

namespace SunnySwitch.SystemTests;

/// <summary>Purchases over a connection of their own, a hundred a second at most, until it is disposed; each has to be approved.</summary>
internal sealed class Payments : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private int _approved;

    public Payments(int port, int first = 1) => _run = Beside.Start(() => Run(port, first));

    public int Approved => Volatile.Read(ref _approved);

    /// <summary>The longest that one took.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>So many more.</summary>
    public void More(int count)
    {
        var wanted = Approved + count;
        Assert.True(SpinWait.SpinUntil(() => Approved >= wanted || _run.IsFaulted, TimeSpan.FromSeconds(60)), "no payments");
        Assert.Null(_run.Exception);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _run.Wait();
        _stop.Dispose();
    }

    private void Run(int port, int first)
    {
        using var client = new AcquirerClient(port);
        for (var number = first; !_stop.Token.WaitHandle.WaitOne(10); number++)
        {
            var began = Stopwatch.GetTimestamp();
            Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(number % 1_000, number))));
            var took = Stopwatch.GetElapsedTime(began);
            if (took > Slowest) Slowest = took;
            Volatile.Write(ref _approved, _approved + 1);
        }
    }
}
