using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;

namespace SunnySwitch.Links.Tls;

/// <summary>
/// One connection under TLS, as the two pipes of plain bytes that a link reads and writes. Answers go into a pipe and are enciphered on the
/// pool: the kernel thread does no cryptography, and what TLS has to say for itself (new keys) is never mistaken for a peer that does not read.
/// </summary>
internal sealed class TlsDuplex : IDuplexPipe, IAsyncDisposable
{
    private const int ReadBytes = 16 * 1024;                       // The largest record.
    private const int UnencipheredBytesMax = 4 * 1024 * 1024;      // Some ten milliseconds of all that a switch can answer.
    private readonly ConnectionContext _context;
    private readonly WireStream _wire;
    private readonly SslStream _tls;
    private readonly Pipe _answers;
    private Task _sending = Task.CompletedTask;

    public TlsDuplex(ConnectionContext context)
    {
        _context = context;
        _wire = new WireStream(context.Transport);
        _tls = new SslStream(_wire, leaveInnerStreamOpen: true);
        Input = PipeReader.Create(_tls, new StreamPipeReaderOptions(bufferSize: ReadBytes, minimumReadSize: ReadBytes / 4, leaveOpen: true));
        _answers = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.ThreadPool, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: UnencipheredBytesMax,
            resumeWriterThreshold: UnencipheredBytesMax / 2, minimumSegmentSize: ReadBytes, useSynchronizationContext: false));
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _answers.Writer;

    public SslStream Tls => _tls;

    /// <summary>What is done when the peer does not read.</summary>
    public Action? OnUnread
    {
        set => _wire.OnUnread = value;
    }

    /// <summary>Shakes hands; throws what went wrong.</summary>
    public async Task Shake(SslServerAuthenticationOptions options, CancellationToken patience)
    {
        await _tls.AuthenticateAsServerAsync(options, patience).ConfigureAwait(false);
        _wire.IsShaking = false;
        _sending = Send();
    }

    /// <summary>Sends what is left, says goodbye, lets go of the buffers. The transport stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _answers.Writer.CompleteAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
        await Input.CompleteAsync().ConfigureAwait(false);
        try
        {
            if (_tls.IsAuthenticated) await _tls.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is not OutOfMemoryException)
        {
            // Nobody is there to hear it.
        }

        await _tls.DisposeAsync().ConfigureAwait(false);
    }

    private async Task Send()
    {
        try
        {
            while (true)
            {
                var result = await _answers.Reader.ReadAsync().ConfigureAwait(false);
                foreach (var piece in result.Buffer) await _tls.WriteAsync(piece).ConfigureAwait(false);
                _answers.Reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) break;
            }
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            // Whatever it is ends this connection and nothing else; its reading side says so.
            _context.Abort(new ConnectionAbortedException($"TLS: {failed.GetType().Name}: {failed.Message}"));
        }

        await _answers.Reader.CompleteAsync().ConfigureAwait(false);
    }
}
