using System.Security.Cryptography;

namespace SunnySwitch.Host.Serving;

/// <summary>
/// <c>DATA/token.key</c>: 16 random bytes, mode 0600, made at the first start. It keys the state, so it never changes in
/// place; without it the journal's cards mean nothing.
/// </summary>
internal static class TokenKeyFile
{
    public const int KeyBytes = 16;

    public static byte[] ReadOrCreate(string dataFolder, bool journalExists)
    {
        var path = Path.Combine(dataFolder, "token.key");
        if (File.Exists(path))
        {
            var key = File.ReadAllBytes(path);
            if (key.Length == KeyBytes) return key;
            throw new InvalidDataException(
                $"{path}: {KeyBytes} bytes are expected, are {key.Length}; restore it from a backup");
        }

        if (journalExists)
        {
            throw new InvalidDataException(
                $"{path} is missing, but there is a journal: restore the key from a backup, "
                + "or start with an empty data folder");
        }

        var fresh = RandomNumberGenerator.GetBytes(KeyBytes);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(fresh);
        file.Flush(flushToDisk: true);
        return fresh;
    }
}
