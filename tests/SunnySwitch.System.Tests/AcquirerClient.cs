using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using Decoder = SunnySwitch.Protocol.Codec.Decoder;

namespace SunnySwitch.SystemTests;

/// <summary>A plain acquirer: one connection, two-byte binary lengths, ISO 8583:1987 ASCII.</summary>
internal sealed class AcquirerClient : IDisposable
{
    public static readonly Dialect Dialect = Dialect.BuiltIn("iso87-ascii")!;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[64 * 1024];
    private readonly Stream _stream;
    private int _have;

    /// <summary>Connects, and says what comes over it by <paramref name="secure"/>, if there is one.</summary>
    public AcquirerClient(int port, Func<Stream, Stream>? secure = null)
    {
        _socket.ReceiveTimeout = 20_000;
        _socket.Connect(IPAddress.Loopback, port);
        _stream = new NetworkStream(_socket, ownsSocket: true);
        if (secure is null) return;
        try
        {
            _stream = secure(_stream);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public Socket Socket => _socket;

    public void Send(ReadOnlySpan<byte> message)
    {
        var frame = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)message.Length);
        message.CopyTo(frame.AsSpan(2));
        SendRaw(frame);
    }

    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        if (_stream is not NetworkStream)
        {
            _stream.Write(bytes);
            return;
        }

        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>The next message; null when the switch closed the connection.</summary>
    public byte[]? Receive()
    {
        while (true)
        {
            if (_have >= 2 && _have - 2 >= BinaryPrimitives.ReadUInt16BigEndian(_received))
            {
                var bytes = BinaryPrimitives.ReadUInt16BigEndian(_received);
                var message = _received.AsSpan(2, bytes).ToArray();
                _received.AsSpan(bytes + 2, _have - bytes - 2).CopyTo(_received);
                _have -= bytes + 2;
                return message;
            }

            int count;
            try
            {
                count = _stream.Read(_received.AsSpan(_have));
            }
            catch (IOException error) when (error.InnerException is SocketException
            {
                SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted,
            })
            {
                return null;
            }

            if (count == 0) return null;
            _have += count;
        }
    }

    public byte[] Exchange(ReadOnlySpan<byte> message)
    {
        Send(message);
        return Receive() ?? throw new InvalidOperationException("the connection was closed instead of an answer");
    }

    /// <summary>Encodes a message from field values as text.</summary>
    public static byte[] Encode(ushort mti, params ReadOnlySpan<(int Field, string Value)> fields)
    {
        var set = new FieldSet();
        foreach (var (field, _) in fields) set.Add(field);
        var target = new byte[2048];
        var writer = new MessageWriter(Dialect, target);
        writer.Begin(mti, set);
        foreach (var (field, value) in fields)
        {
            if (field is 52 or 64) writer.Binary(field, Convert.FromHexString(value));
            else writer.Text(field, Encoding.ASCII.GetBytes(value));
        }

        return target.AsSpan(0, writer.End()).ToArray();
    }

    /// <summary>A purchase with a generated card of BIN 400000.</summary>
    public static byte[] Purchase(int card, int number, ushort mti = 0x0100, string amount = "000000000100", string terminal = "TERM0001") => Encode(
        mti, (2, Pan(card)), (3, "000000"), (4, amount), (7, SentAt(number)), (11, Stan(number)), (12, "120000"), (13, "1122"), (32, "400001"),
        (37, $"{number:D12}"), (41, terminal), (42, "MERCHANT0000001"), (49, "840"));

    /// <summary>Takes a purchase back.</summary>
    public static byte[] Reversal(int card, int original, int number) => Encode(
        0x0400, (2, Pan(card)), (3, "000000"), (4, "000000000100"), (7, SentAt(number)), (11, Stan(number)), (12, "120000"), (13, "1122"),
        (32, "400001"), (37, $"{original:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"),
        (90, $"0100{Stan(original)}{SentAt(original)}{400001:D11}{0:D11}"));

    private static string SentAt(int number) => $"1122{number / 1_000_000 % 24:D2}{number / 60 % 60:D2}{number % 60:D2}";

    private static string Stan(int number) => $"{(number % 999_999) + 1:D6}";

    /// <summary>Value of a field as text; null when it is not there.</summary>
    public static string? Field(byte[] message, int field)
    {
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(Dialect, message, ref table).IsOk, "the answer does not decode");
        if (!table.Has(field)) return null;
        var text = new byte[1024];
        var count = new MessageReader(Dialect, message, in table).CopyText(field, text);
        return Encoding.ASCII.GetString(text, 0, count);
    }

    public static string Code(byte[] message) => Field(message, 39) ?? "none";

    /// <summary>PAN of the generated card of that index.</summary>
    public static string Pan(int card)
    {
        var digits = $"400000{card:D9}";
        var sum = 0;
        for (var index = 0; index < digits.Length; index++)
        {
            var digit = digits[digits.Length - 1 - index] - '0';
            if (index % 2 == 0) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return digits + ((10 - (sum % 10)) % 10);
    }

    public void Dispose() => _stream.Dispose();
}
