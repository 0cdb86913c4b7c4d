using System.Net;
using System.Net.Sockets;

namespace SunnySwitch.Host.Load;

/// <summary>
/// Takes the generator's plain connections on loopback and passes each on under TLS: the generator polls sockets, which TLS on a stream cannot.
/// It shares the processors with the generator, so that figures through it are a lower bound of what the peer can do.
/// </summary>
internal sealed class TlsRelay : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly string _host;
    private readonly int _port;
    private readonly ClientTls _tls;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;

    /// <summary>Listens, once a first handshake was good. Throws <see cref="LoadException"/>.</summary>
    public TlsRelay(string host, int port, ClientTls tls)
    {
        (_host, _port, _tls) = (host, port, tls);
        Peer.Dial(host, port, tls).Dispose();
        _listener.Start();
        _accepting = Accept();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _accepting.Wait();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync().ConfigureAwait(false);
                near.NoDelay = true;
                _ = Task.Run(() => Pass(near));
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // No more connections.
        }
    }

    private async Task Pass(Socket near)
    {
        using var plain = new NetworkStream(near, ownsSocket: true);
        try
        {
            using var far = Peer.Dial(_host, _port, _tls);
            await Task.WhenAny(plain.CopyToAsync(far, BufferBytes), far.CopyToAsync(plain, BufferBytes)).ConfigureAwait(false);
        }
        catch (LoadException)
        {
            // The generator sees its connection closed, and says so.
        }
    }
}
