using System.Collections.Concurrent;
using System.Globalization;

namespace SunnySwitch.SystemTests;

/// <summary>Everything that the acquirers were answered, over all lives of a switch, to be compared with what it knows afterwards.</summary>
internal sealed class AnswerLog
{
    private const int Connections = 4;
    private const int Window = 32;
    private readonly ConcurrentDictionary<int, byte[]> _answered = new();
    private int _next;

    /// <summary>Answers so far.</summary>
    public int Count => _answered.Count;

    /// <summary>Sends purchases on several connections until <paramref name="end"/> has seen to the end of the process.</summary>
    public void LoadUntilDead(SwitchProcess running, Action<ManualResetEventSlim> end)
    {
        using var firstAnswer = new ManualResetEventSlim();
        var limit = _next + 1_000_000;
        var clients = Connect(running.Port(0));
        var pumps = clients.Select(client => Beside.Start(() => Pump(client, firstAnswer))).ToArray();
        end(firstAnswer);
        Task.WaitAll(pumps);
        foreach (var client in clients) client.Dispose();
        Assert.True(_next < limit);
    }

    /// <summary>None of them was declined.</summary>
    public void CheckApproved() => Assert.All(_answered.Values, answer => Assert.Equal("00", AcquirerClient.Code(answer)));

    /// <summary>A repeat of what was answered gets the very same bytes, moves nothing, and is known.</summary>
    public void CheckRepeats(int port, Random random, bool all = false)
    {
        var numbers = _answered.Keys.ToArray();
        CheckRepeatsOf(port, all || numbers.Length <= 500 ? numbers : random.GetItems(numbers, 500));
    }

    /// <summary>The same for those of <paramref name="numbers"/> that were answered; how many.</summary>
    public int CheckRepeatsOf(int port, int[] numbers)
    {
        using var client = new AcquirerClient(port);
        numbers = [.. numbers.Where(_answered.ContainsKey)];
        foreach (var chunk in numbers.Chunk(64))
        {
            foreach (var number in chunk) client.Send(AcquirerClient.Purchase(number % 1000, number, mti: 0x0101));
            foreach (var number in chunk) Assert.Equal(Convert.ToHexString(_answered[number]), Convert.ToHexString(client.Receive()!));
        }

        return numbers.Length;
    }

    /// <summary>The journal has each answer once, with its code.</summary>
    public void CheckJournal(string data)
    {
        var (exitCode, csv, errors) = SwitchProcess.Run("journal", "export", "--csv", "--data", data);
        Assert.True(exitCode == 0, errors);
        var rows = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')).ToList();
        var byNumber = rows.GroupBy(row => row[4]).ToDictionary(group => int.Parse(group.Key, CultureInfo.InvariantCulture), group => group.ToList());
        foreach (var (number, answer) in _answered)
        {
            Assert.True(byNumber.TryGetValue(number, out var decisions), $"answered {number} is not in the journal");
            Assert.Single(decisions);
            Assert.Equal(AcquirerClient.Code(answer), decisions[0][5]);
        }
    }

    private static List<AcquirerClient> Connect(int port)
    {
        var clients = new List<AcquirerClient>();
        try
        {
            while (clients.Count < Connections) clients.Add(new AcquirerClient(port));
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Armed processes may end as soon as they listen.
        }

        return clients;
    }

    private void Pump(AcquirerClient client, ManualResetEventSlim firstAnswer)
    {
        try
        {
            var outstanding = 0;
            while (true)
            {
                for (; outstanding < Window; outstanding++)
                {
                    var number = Interlocked.Increment(ref _next);
                    client.Send(AcquirerClient.Purchase(number % 1000, number));
                }

                if (client.Receive() is not { } answer) return;
                outstanding--;
                Assert.True(_answered.TryAdd(int.Parse(AcquirerClient.Field(answer, 37)!, CultureInfo.InvariantCulture), answer), "answered twice");
                firstAnswer.Set();
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The kill: whatever was under way has no answer.
        }
    }
}
