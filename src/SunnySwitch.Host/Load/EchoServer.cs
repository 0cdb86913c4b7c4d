using System.Net;
using System.Net.Sockets;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Load;

/// <summary>How an <see cref="EchoServer"/> answers purchases instead of echoing bytes.</summary>
internal sealed record EchoAnswers(Dialect Dialect, Framing Framing);

/// <summary>
/// The measure of the generator itself: a peer that sends back what it reads, one write per read, on one thread. With
/// <see cref="EchoAnswers"/> it decodes each request and approves it, which is the least that any switch can do.
/// </summary>
internal sealed class EchoServer : IDisposable
{
    private const int ConnectionsMax = 4_096;
    private const int BufferBytes = 256 * 1024;

    private readonly Socket _listener;
    private readonly Connection?[] _connections = new Connection?[ConnectionsMax];
    private readonly SocketPoller _poller = new(ConnectionsMax + 1);
    private readonly EchoAnswers? _answers;
    private readonly Thread _thread;
    private volatile bool _stop;

    /// <summary>Listens on loopback at <paramref name="port"/>; 0 takes a free one.</summary>
    public EchoServer(int port, EchoAnswers? answers = null)
    {
        _answers = answers;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(ConnectionsMax);
        _poller.Watch(ConnectionsMax, _listener);
        _thread = new Thread(Run) { IsBackground = true, Name = "echo" };
        _thread.Start();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _listener.Dispose();
        foreach (var connection in _connections) connection?.Socket.Dispose();
    }

    private void Run()
    {
        while (!_stop)
        {
            if (_poller.Wait(20_000_000) == 0) continue;
            if (_poller.IsReady(ConnectionsMax)) Accept();
            for (var index = 0; index < ConnectionsMax; index++)
            {
                if (_connections[index] is not { } connection) break;
                if (_poller.IsReady(index)) Serve(index, connection);
            }
        }
    }

    private void Accept()
    {
        var socket = _listener.Accept();
        var index = Array.FindIndex(_connections, connection => connection is null || connection.IsClosed);
        if (index < 0)
        {
            socket.Dispose();
            return;
        }

        socket.Blocking = false;
        socket.NoDelay = true;
        _connections[index] = new Connection(socket);
        _poller.Watch(index, socket);
    }

    private void Serve(int index, Connection connection)
    {
        if (connection.IsClosed) return;
        if (connection.UnsentBytes == 0 && connection.Receive()) connection.Answer(_answers);
        connection.Send();
        if (connection.IsClosed)
        {
            _poller.Watch(index, null);
            connection.Socket.Dispose();
            return;
        }

        _poller.WantWrite(index, connection.UnsentBytes > 0);
    }

    private sealed class Connection(Socket socket)
    {
        private readonly byte[] _received = new byte[BufferBytes];
        private readonly byte[] _sending = new byte[BufferBytes * 2];
        private FieldTable _table;
        private int _receivedBytes;
        private int _sendFrom;
        private int _sendTo;

        public Socket Socket => socket;

        public bool IsClosed { get; private set; }

        public int UnsentBytes => _sendTo - _sendFrom;

        public bool Receive()
        {
            var bytes = socket.Receive(_received.AsSpan(_receivedBytes), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return false;
            if (error != SocketError.Success || bytes == 0) IsClosed = true;
            _receivedBytes += bytes;
            return !IsClosed;
        }

        public void Answer(EchoAnswers? answers)
        {
            _sendFrom = _sendTo = 0;
            if (answers is not null)
            {
                Approve(answers);
                return;
            }

            _received.AsSpan(0, _receivedBytes).CopyTo(_sending);
            _sendTo = _receivedBytes;
            _receivedBytes = 0;
        }

        public void Send()
        {
            if (UnsentBytes == 0 || IsClosed) return;
            var sent = socket.Send(_sending.AsSpan(_sendFrom, UnsentBytes), SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock)) IsClosed = true;
            _sendFrom += sent;
        }

        private void Approve(EchoAnswers answers)
        {
            var rest = _received.AsSpan(0, _receivedBytes);
            while (answers.Framing.TryTakeFrame(rest, out var frame) == FrameStatus.Complete)
            {
                var target = _sending.AsSpan(_sendTo);
                var written = Approval.Write(
                    answers.Dialect, rest.Slice(frame.MessageStart, frame.MessageBytes), ref _table, target[answers.Framing.LeadBytes..]);
                if (written < 0)
                {
                    IsClosed = true;
                    return;
                }

                answers.Framing.WriteLead(target, written, rest.Slice(frame.HeaderStart, frame.HeaderBytes));
                answers.Framing.WriteTrail(target[(answers.Framing.LeadBytes + written)..]);
                _sendTo += answers.Framing.LeadBytes + written + answers.Framing.TrailBytes;
                rest = rest[frame.FrameBytes..];
            }

            rest.CopyTo(_received);
            _receivedBytes = rest.Length;
        }
    }
}
