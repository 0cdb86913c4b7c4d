using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace SunnySwitch.Links.Tls;

/// <summary>A transport's two pipes as the stream that TLS reads and writes ciphertext on.</summary>
internal sealed class WireStream(IDuplexPipe wire) : Stream
{
    /// <summary>While true, what follows a read is done on the pool: a handshake is a millisecond of arithmetic.</summary>
    public volatile bool IsShaking = true;

    /// <summary>What is done when the transport holds more than it may: the peer does not read.</summary>
    public Action? OnUnread { get; set; }

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // TLS deciphers in place, in a buffer of the shared pool: what somebody's record left in it goes before it waits here.
        buffer.Span.Clear();
        while (true)
        {
            var result = await wire.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (IsShaking) await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
            var bytes = (int)taken.Length;
            var isLast = result.IsCompleted && result.Buffer.IsEmpty;
            var index = 0;
            foreach (var piece in taken)
            {
                piece.Span.CopyTo(buffer.Span[index..]);
                index += piece.Length;
            }

            wire.Input.AdvanceTo(taken.End);
            if (bytes > 0 || isLast || buffer.IsEmpty) return bytes;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var flush = wire.Output.WriteAsync(buffer, cancellationToken);
        if (!flush.IsCompleted) OnUnread?.Invoke();
        await flush.ConfigureAwait(false);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // A write is a flush already.
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
