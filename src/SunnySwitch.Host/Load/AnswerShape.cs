using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Host.Load;

/// <summary>
/// The layout of an answer that was decoded and found right: where its parts stand. Another answer of the same length,
/// MTI and bitmap is checked by comparing bytes; whatever differs is decoded in full.
/// </summary>
internal sealed class AnswerShape
{
    private const int StanDigits = 6;
    private readonly byte[] _head;         // MTI and bitmap.
    private readonly int[] _runs;          // Offset of each echoed run.
    private readonly int _bytes;
    private readonly int _stanAt;
    private readonly int _stanBytes;
    private readonly int _approvalAt;
    private readonly int _codeAt;

    private AnswerShape(byte[] head, int[] runs, int bytes, (int At, int Bytes) stan, int approvalAt, int codeAt)
    {
        (_head, _runs, _bytes, _approvalAt, _codeAt) = (head, runs, bytes, approvalAt, codeAt);
        (_stanAt, _stanBytes) = stan;
    }

    /// <summary>Knows no answer yet.</summary>
    public static AnswerShape Empty { get; } = new([], [], -1, (0, 0), 0, 0);

    /// <summary>True until a shape is known.</summary>
    public bool IsEmpty => _bytes < 0;

    /// <summary>Takes the shape of an approved answer made of the echoed runs, DE38 and DE39 alone; else none.</summary>
    public static AnswerShape Of(MessageReader answer, ReadOnlySpan<byte> message, EchoRun[] echoed)
    {
        if (!answer.Has(38)) return Empty;
        var runs = new int[echoed.Length];
        var known = answer.Content(38).Length + answer.Content(39).Length;
        for (var index = 0; index < runs.Length; index++)
        {
            runs[index] = OffsetIn(message, answer.Raw(echoed[index].Fields[0]));
            known += echoed[index].Bytes;
        }

        var head = message[..OffsetIn(message, answer.Raw(2))].ToArray();
        if (head.Length + known != message.Length) return Empty;   // Something else is in it: decode each one.
        var stan = answer.Content(11);
        return new AnswerShape(
            head, runs, message.Length, (OffsetIn(message, stan), stan.Length), OffsetIn(message, answer.Content(38)), OffsetIn(message, answer.Content(39)));
    }

    /// <summary>True if the answer may have this shape; gives its STAN.</summary>
    public bool TryRead(ReadOnlySpan<byte> message, out uint stan)
    {
        stan = 0;
        if (message.Length != _bytes || !message.StartsWith(_head)) return false;
        foreach (var each in message.Slice(_stanAt, _stanBytes))
        {
            if (_stanBytes == StanDigits) stan = stan * 10 + (uint)(each - '0');
            else stan = stan * 100 + (uint)(each >> 4) * 10 + (uint)(each & 15);
        }

        return true;
    }

    /// <summary>True if every echoed run equals the request's and DE38 is letters and digits.</summary>
    public bool Repeats(ReadOnlySpan<byte> message, ReadOnlySpan<byte> request, EchoRun[] echoed)
    {
        for (var index = 0; index < _runs.Length; index++)
        {
            var run = echoed[index];
            if (!message.Slice(_runs[index], run.Bytes).SequenceEqual(request.Slice(run.Offset, run.Bytes))) return false;
        }

        foreach (var each in message.Slice(_approvalAt, 6)) if (!char.IsAsciiLetterOrDigit((char)each)) return false;
        return true;
    }

    /// <summary>DE39.</summary>
    public ReadOnlySpan<byte> CodeOf(ReadOnlySpan<byte> message) => message.Slice(_codeAt, 2);

    private static int OffsetIn(ReadOnlySpan<byte> message, ReadOnlySpan<byte> part)
    {
        Must.Hold(message.Overlaps(part, out var offset));
        return offset;
    }
}
