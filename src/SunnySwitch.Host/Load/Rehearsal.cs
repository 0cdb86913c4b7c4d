using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Load;

/// <summary>
/// A short run against a peer inside the process before the real one, so that a cold generator is not taken for a slow
/// switch: the first milliseconds of code that is still being compiled would count as latency.
/// </summary>
internal static class Rehearsal
{
    private const double RehearsalSeconds = 0.3;
    private const double RateMax = 50_000;

    /// <summary>Plays the same kind of load. Throws <see cref="LoadException"/> on a wrong answer.</summary>
    public static void Run(LoadOptions options, Dialect dialect)
    {
        var answers = options.Echo ? null : new EchoAnswers(dialect, Framing.Of(options.Framing, 8_192));
        using var peer = new EchoServer(0, answers);
        var report = new LoadRun(options with
        {
            Host = "127.0.0.1",
            Port = peer.Port,
            Connections = 2,
            Window = Math.Min(options.Window, 64),
            RatePerSecond = Math.Min(options.RatePerSecond, RateMax),
            Seconds = RehearsalSeconds,
            WarmupSeconds = 0,
            Threads = 1,
            SignOn = false,
            LogFile = null,
            KeyFile = null,                                                // That peer has no keys.
        }, dialect).Execute();
        if (report.Total.Flaws != 0 || report.Total.Answered == 0)
            throw new LoadException($"the generator does not understand this dialect's answers: {report.ToJson()}");
    }
}
