using System.Security.Cryptography;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Journal.Snapshots;

/// <summary>Null, or what is wrong with a snapshot.</summary>
public delegate string? SnapshotCheck(IDisk disk, string name, out SnapshotHeader header);

/// <summary>Finds, checks and loads snapshots.</summary>
public static class SnapshotReader
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Names of all snapshots, the newest first.</summary>
    public static List<string> Names(IDisk disk)
    {
        List<string> names = [.. disk.List().Where(SnapshotHeader.IsName)];
        names.Reverse();
        return names;
    }

    /// <summary>Loads the newest good snapshot that holds nothing from <paramref name="sequence"/> on; null if there is none.</summary>
    public static SnapshotHeader? LoadBefore(IDisk disk, long sequence, SwitchState state)
    {
        foreach (var name in Names(disk))
        {
            if (Check(disk, name, out var header) is null && header.LastSequence < sequence) return Load(disk, name, in header, state);
        }

        return null;
    }

    /// <summary>
    /// Loads the newest good snapshot into an empty state. A damaged one is passed over for the one before it: the journal
    /// still has what lies between, and a missing segment is found out when it is opened.
    /// </summary>
    /// <param name="disk">The journal's directory.</param>
    /// <param name="state">A state to which nothing was applied.</param>
    /// <param name="damaged">Gets a line for each snapshot that was passed over.</param>
    /// <param name="check">As <see cref="Check"/>, by default; a host may have looked already, beside something else.</param>
    /// <returns>What was loaded; null when there was none.</returns>
    /// <exception cref="StopToProtectDataException">A table of the state is too small for it, or the disk failed.</exception>
    public static SnapshotHeader? LoadNewest(IDisk disk, SwitchState state, Action<string> damaged, SnapshotCheck? check = null)
    {
        foreach (var name in Names(disk))
        {
            if ((check ?? Check)(disk, name, out var header) is { } problem) damaged($"{name}: {problem}");
            else return Load(disk, name, in header, state);
        }
        return null;
    }

    /// <summary>Null, or what is wrong with a snapshot: reads all of it.</summary>
    public static string? Check(IDisk disk, string name, out SnapshotHeader header)
    {
        using var file = disk.Open(name, forWriting: false);
        var problem = CheckHeader(file, name, out header);
        if (problem is not null) return problem;
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[Math.Min(PieceBytes, header.State.Bytes)];
        for (long read = 0; read < header.State.Bytes;)
        {
            var bytes = piece.AsSpan(0, (int)Math.Min(piece.Length, header.State.Bytes - read));
            ReadAll(file, FrameFormat.BlockBytes + read, bytes);
            sha.AppendData(bytes);
            read += bytes.Length;
        }
        return sha.GetHashAndReset().AsSpan().SequenceEqual(header.TablesSha256) ? null : "the checksum of the tables does not match";
    }

    /// <summary>As <see cref="Check"/>, but of the header alone.</summary>
    public static string? CheckHeader(IDiskFile file, string name, out SnapshotHeader header)
    {
        var block = new byte[FrameFormat.BlockBytes];
        return SnapshotHeader.Problem(block.AsSpan(0, file.Read(0, block)), name, file.Bytes, out header);
    }

    private static SnapshotHeader Load(IDisk disk, string name, in SnapshotHeader header, SwitchState state)
    {
        using var file = disk.Open(name, forWriting: false);
        long offset = FrameFormat.BlockBytes;
        var image = new ImageReader(new byte[Math.Min(PieceBytes, header.State.Bytes)], Read, header.State.Bytes);
        state.ReadImage(header.State, image);
        Must.Hold(state.Hash == header.Hash);
        return header;

        void Read(Memory<byte> target)
        {
            ReadAll(file, offset, target.Span);
            offset += target.Length;
        }
    }

    private static void ReadAll(IDiskFile file, long offset, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var read = file.Read(offset, target);
            if (read == 0) throw new IOException($"{file.Name}: no bytes at {offset} of {file.Bytes}");
            offset += read;
            target = target[read..];
        }
    }
}
