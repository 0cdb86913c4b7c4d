using System.Diagnostics;

namespace SunnySwitch.SystemTests;

/// <summary>Purchases over a connection of their own, a hundred a second at most, until it is disposed; each has to be approved.</summary>
internal sealed class Payments : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private Exception? _failure;
    private int _approved;

    public Payments(int port, int first = 1)
    {
        _thread = new Thread(() => Run(port, first));
        _thread.Start();
    }

    public int Approved => Volatile.Read(ref _approved);

    /// <summary>The longest that one took.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>So many more.</summary>
    public void More(int count)
    {
        var wanted = Approved + count;
        Assert.True(SpinWait.SpinUntil(() => Approved >= wanted || _failure is not null, TimeSpan.FromSeconds(60)), "no payments");
        Assert.Null(_failure);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
        Assert.Null(_failure);
    }

    private void Run(int port, int first)
    {
        try
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
        catch (Exception failure)
        {
            _failure = failure;
        }
    }
}
