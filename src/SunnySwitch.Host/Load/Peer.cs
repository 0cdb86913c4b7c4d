using System.Net.Sockets;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Load;

/// <summary>The far end, for connecting and for exchanges one at a time.</summary>
internal static class Peer
{
    private const int ExchangeMillisecondsMax = 10_000;
    private const ushort NetworkMti = 0x0800;

    /// <summary>A connected, blocking socket without delay. Throws <see cref="LoadException"/>.</summary>
    public static Socket Connect(string host, int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(host, port);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new LoadException($"cannot connect to {host}:{port}: {exception.SocketErrorCode}", exception);
        }
    }

    /// <summary>A connection for exchanges, under TLS if there are terms for it. Throws <see cref="LoadException"/>.</summary>
    public static Stream Dial(string host, int port, ClientTls? tls = null)
    {
        var plain = new NetworkStream(Connect(host, port), ownsSocket: true);
        return tls is null ? plain : tls.Secure(plain, host);
    }

    /// <summary>Sends one message and waits for one; returns the answer's bytes in <paramref name="answer"/>.</summary>
    public static int Exchange(Stream stream, Framing framing, ReadOnlySpan<byte> message, Span<byte> answer)
    {
        Span<byte> frame = stackalloc byte[framing.LeadBytes + message.Length + framing.TrailBytes];
        framing.WriteLead(frame, message.Length, default);
        message.CopyTo(frame[framing.LeadBytes..]);
        framing.WriteTrail(frame[(framing.LeadBytes + message.Length)..]);
        stream.ReadTimeout = stream.WriteTimeout = ExchangeMillisecondsMax;
        try
        {
            stream.Write(frame);
            for (var received = 0; ;)
            {
                var bytes = stream.Read(answer[received..]);
                if (bytes == 0) throw new LoadException("the peer closed the connection instead of answering");
                received += bytes;
                var status = framing.TryTakeFrame(answer[..received], out var cut);
                if (status == FrameStatus.NeedMore && received < answer.Length) continue;
                if (status != FrameStatus.Complete) throw new LoadException($"the answer's frame is wrong: {status}");
                answer.Slice(cut.MessageStart, cut.MessageBytes).CopyTo(answer);
                return cut.MessageBytes;
            }
        }
        catch (IOException exception)
        {
            var reason = exception.InnerException is SocketException { SocketErrorCode: var code } ? code.ToString() : exception.Message;
            throw new LoadException($"no answer: {reason}", exception);
        }
    }

    /// <summary>An 0800 sign-on (DE70 001) that must be answered with 00.</summary>
    public static void SignOn(Stream stream, Dialect dialect, Framing framing, string acquirer, int index)
    {
        Span<byte> request = stackalloc byte[256];
        Span<byte> answer = stackalloc byte[1024];
        var bytes = WriteSignOn(dialect, acquirer, index, request);
        var answerBytes = Exchange(stream, framing, request[..bytes], answer);
        var table = default(FieldTable);
        var result = Decoder.Decode(dialect, answer[..answerBytes], ref table);
        var reader = new MessageReader(dialect, answer[..answerBytes], ref table);
        if (!result.IsOk || !reader.Has(39)) throw new LoadException("sign-on: the answer is not a readable 0810");
        if (reader.Content(39).SequenceEqual("00"u8)) return;
        throw new LoadException($"sign-on: answered {System.Text.Encoding.ASCII.GetString(reader.Content(39))}");
    }

    private static int WriteSignOn(Dialect dialect, string acquirer, int index, Span<byte> target)
    {
        var fields = default(FieldSet);
        foreach (var field in (ReadOnlySpan<int>)[7, 11, 32, 70]) fields.Add(field);
        var writer = new MessageWriter(dialect, target);
        writer.Begin(NetworkMti, fields);
        writer.Number(7, SecondStamp.Of(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Transmission);
        writer.Number(11, (ulong)(index % 999_999 + 1));
        writer.Digits(32, System.Text.Encoding.ASCII.GetBytes(acquirer));
        writer.Number(70, 1);
        return writer.End();
    }
}
