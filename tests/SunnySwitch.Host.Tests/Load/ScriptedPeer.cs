using System.Net;
using System.Net.Sockets;
using SunnySwitch.Host.Load;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Tests.Load;

/// <summary>A peer that approves each purchase, except where a script says how it goes wrong.</summary>
internal sealed class ScriptedPeer : IDisposable
{
    /// <summary>Answers the request of this number (from 1) by calling <paramref name="send"/>, if at all.</summary>
    public delegate void Script(int number, byte[] answer, Action<byte[]> send);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dialect _dialect;
    private readonly Framing _framing = Framing.Of("be16", 8_192);
    private readonly Script _script;
    private readonly Thread _thread;

    public ScriptedPeer(Script script, string dialect = "iso87-ascii")
    {
        _script = script;
        _dialect = Dialect.BuiltIn(dialect)!;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public int Port { get; }

    /// <summary>Terminal ids and running numbers seen: what keys are made of.</summary>
    public List<string> Keys { get; } = [];

    public void Dispose()
    {
        _listener.Stop();
        _thread.Join();
    }

    private void Serve()
    {
        try
        {
            using var socket = _listener.AcceptSocket();
            socket.NoDelay = true;
            Converse(socket);
        }
        catch (SocketException)
        {
            // The test is over: the listener or the connection was closed.
        }
    }

    private void Converse(Socket socket)
    {
        var buffer = new byte[256 * 1024];
        var table = default(FieldTable);
        var number = 0;
        for (var held = 0; ;)
        {
            var bytes = socket.Receive(buffer, held, buffer.Length - held, SocketFlags.None);
            if (bytes == 0) return;
            held += bytes;
            var rest = buffer.AsSpan(0, held);
            while (_framing.TryTakeFrame(rest, out var frame) == FrameStatus.Complete)
            {
                var answer = Approve(rest.Slice(frame.MessageStart, frame.MessageBytes), ref table);
                _script(++number, answer, message => Send(socket, message));
                rest = rest[frame.FrameBytes..];
            }

            rest.CopyTo(buffer);
            held = rest.Length;
        }
    }

    private byte[] Approve(ReadOnlySpan<byte> request, ref FieldTable table)
    {
        var target = new byte[1024];
        var bytes = Approval.Write(_dialect, request, ref table, target);
        var reader = new MessageReader(_dialect, request, ref table);
        var key = new byte[64];
        var used = reader.CopyText(11, key);
        foreach (var field in new[] { 7, 37, 41 }) used += reader.CopyText(field, key.AsSpan(used));
        lock (Keys) Keys.Add(System.Text.Encoding.ASCII.GetString(key, 0, used));
        return target[..bytes];
    }

    private void Send(Socket socket, byte[] message)
    {
        var frame = new byte[_framing.LeadBytes + message.Length];
        _framing.WriteLead(frame, message.Length, default);
        message.CopyTo(frame, _framing.LeadBytes);
        socket.Send(frame);
    }
}
