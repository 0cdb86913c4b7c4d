using System.Buffers.Text;
using System.Text;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Host.Load;

/// <summary>
/// One line per answered transaction: <c>stan,rrn,de7,terminal,amount,response_code,approval_code</c>. For checks that
/// compare what was answered with what a journal holds. No card number is in it.
/// </summary>
/// <remarks>One writer per generator thread; lines of several writers do not mix within a flush.</remarks>
internal sealed class AnswerLog : IDisposable
{
    /// <summary>First line of the file.</summary>
    public const string Header = "stan,rrn,de7,terminal,amount,response_code,approval_code\n";

    private const int LineBytesMax = 128;

    private readonly FileStream _file;
    private readonly byte[] _lines = new byte[64 * 1024];
    private int _used;

    /// <summary>Logs into <paramref name="file"/>, which several writers may share.</summary>
    public AnswerLog(FileStream file) => _file = file;

    /// <summary>Makes the file and writes the header.</summary>
    public static FileStream Create(string path)
    {
        var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Write(Encoding.ASCII.GetBytes(Header));
        return file;
    }

    /// <summary>Adds the line of an answer that was found right.</summary>
    public void Add(MessageReader answer)
    {
        if (_lines.Length - _used < LineBytesMax) Flush();
        AddText(answer, 11, ',');
        AddText(answer, 37, ',');
        AddText(answer, 7, ',');
        AddText(answer, 41, ',');
        Must.Hold(Utf8Formatter.TryFormat(answer.Number(4), _lines.AsSpan(_used), out var written));
        _used += written;
        _lines[_used++] = (byte)',';
        AddText(answer, 39, ',');
        AddText(answer, 38, '\n');
    }

    /// <summary>Hands everything to the operating system.</summary>
    public void Flush()
    {
        if (_used == 0) return;
        lock (_file) _file.Write(_lines, 0, _used);
        _used = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Flush();

    private void AddText(MessageReader answer, int field, char end)
    {
        if (answer.Has(field)) _used += answer.CopyText(field, _lines.AsSpan(_used));
        _lines[_used++] = (byte)end;
    }
}
