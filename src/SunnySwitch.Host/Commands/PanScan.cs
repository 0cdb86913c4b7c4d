using SunnySwitch.Core.Domain;

namespace SunnySwitch.Host.Commands;

/// <summary>A clear PAN in a file.</summary>
/// <param name="Offset">Byte at which it begins, about.</param>
/// <param name="Encoding">ASCII, EBCDIC or BCD.</param>
/// <param name="Pan">First six and last four digits.</param>
internal readonly record struct ClearPan(long Offset, string Encoding, TruncatedPan Pan);

/// <summary>
/// Looks through bytes for the PANs of known cards, in ASCII, EBCDIC and packed digits at either half of a byte. Random bytes
/// make good-looking digits all the time, so a find counts only if its token is that of a card which the journal knows. Not
/// looked for: PANs that begin with 0 or end with eight zeros, since binary numbers look like these.
/// </summary>
internal sealed class PanScan(IReadOnlySet<PanToken> known, IPanTokens tokens, Action<ClearPan> found)
{
    private const int ShortestPan = 13, LongestPan = 19, ZerosMax = 8, Batch = 256;
    private readonly byte[] _blocks = new byte[Batch * PanBlock.Bytes];
    private readonly byte[] _tokens = new byte[Batch * PanBlock.Bytes];
    private readonly (long Offset, string Encoding, TruncatedPan Pan)[] _tried = new (long, string, TruncatedPan)[Batch];
    private int _count;

    /// <summary>Digit runs whose check digit is right, tried so far.</summary>
    public long Candidates { get; private set; }

    /// <summary>Looks through a file.</summary>
    public void Run(Stream file)
    {
        var ascii = new Digits("ASCII", this);
        var ebcdic = new Digits("EBCDIC", this);
        var packed = new Digits("BCD", this);
        var piece = new byte[1 << 20];
        for (long offset = 0; ;)
        {
            var bytes = file.Read(piece);
            if (bytes == 0) break;
            for (var index = 0; index < bytes; index++)
            {
                var value = piece[index];
                ascii.Take(offset + index, value - 0x30);
                ebcdic.Take(offset + index, value - 0xF0);
                packed.Take(offset + index, value >> 4);
                packed.Take(offset + index, value & 0xF);
            }

            offset += bytes;
        }

        Flush();
    }

    private void Try(long offset, string encoding, ReadOnlySpan<byte> digits)
    {
        Candidates++;
        _tried[_count] = (offset, encoding, TruncatedPan.Of(Number(digits[..6]), Number(digits[^4..]), digits.Length));
        PanBlock.Write(digits, _blocks.AsSpan(_count * PanBlock.Bytes));
        if (++_count == Batch) Flush();
    }

    private void Flush()
    {
        tokens.Tokenise(_blocks, _count, _tokens);
        for (var index = 0; index < _count; index++)
        {
            if (!known.Contains(PanBlock.ReadToken(_tokens.AsSpan(index * PanBlock.Bytes)))) continue;
            found(new ClearPan(_tried[index].Offset, _tried[index].Encoding, _tried[index].Pan));
        }

        _count = 0;
        _blocks.AsSpan().Clear();
    }

    private static uint Number(ReadOnlySpan<byte> digits)
    {
        var number = 0U;
        foreach (var digit in digits) number = (number * 10) + digit - '0';
        return number;
    }

    /// <summary>The last digits of one encoding that follow each other without a gap.</summary>
    private sealed class Digits(string encoding, PanScan scan)
    {
        // Twice as long as needed, so that the newest digits are one piece without being moved each time.
        private readonly byte[] _run = new byte[LongestPan * 8];
        private int _length;
        private int _zeros;      // At the end of the run.

        public void Take(long offset, int digit)
        {
            if ((uint)digit > 9)
            {
                _length = 0;
                return;
            }

            if (_length == _run.Length)
            {
                _run.AsSpan(_length - LongestPan).CopyTo(_run);
                _length = LongestPan;
            }

            _run[_length++] = (byte)('0' + digit);
            _zeros = digit == 0 ? _zeros + 1 : 0;
            if (_length < ShortestPan || _zeros >= ZerosMax) return;
            TryEndings(offset);
        }

        /// <summary>Every PAN that would end with the newest digit. None begins with 0, so that empty space costs little.</summary>
        private void TryEndings(long offset)
        {
            var sum = 0;
            for (var back = 0; back < Math.Min(LongestPan, _length); back++)
            {
                var digit = _run[_length - 1 - back] - '0';
                if ((back & 1) == 1) digit = digit > 4 ? (2 * digit) - 9 : 2 * digit;
                sum += digit;
                if (back < ShortestPan - 1 || sum % 10 != 0 || _run[_length - 1 - back] == '0') continue;
                scan.Try(offset, encoding, _run.AsSpan(_length - 1 - back, back + 1));
            }
        }
    }
}
