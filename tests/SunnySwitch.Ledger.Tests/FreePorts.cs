using System.Net;
using System.Net.Sockets;

namespace SunnySwitch.Ledger.Tests;

/// <summary>
/// Ports for servers that a test starts. They are below those that the system gives to whoever asks for any (32768 and more), so that
/// nobody takes one while its server is stopped; each is given once.
/// </summary>
internal static class FreePorts
{
    private const int First = 12_000, Count = 10_000;

    /// <summary>A node of a Redis cluster talks to the others on its port and so many more.</summary>
    private const int BusOffset = 10_000;

    private static int _given = Environment.ProcessId * 61;

    public static int Next()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _given) % Count);
            if (IsFree(port) && IsFree(port + BusOffset)) return port;
        }

        throw new InvalidOperationException($"no port of {First} to {First + Count - 1} is free");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
