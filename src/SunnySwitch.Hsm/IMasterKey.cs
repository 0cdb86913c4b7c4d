namespace SunnySwitch.Hsm;

/// <summary>The key that wraps all others. A file for the embedded default; a token that never gives it away, elsewhere.</summary>
public interface IMasterKey
{
    /// <summary>Says which master key it is and reveals nothing of it: eight hex digits.</summary>
    string Check { get; }

    /// <summary>Encrypts a key; <paramref name="use"/> is authenticated with it and must be the same at <see cref="Unwrap"/>.</summary>
    byte[] Wrap(ReadOnlySpan<byte> key, string use);

    /// <summary>Gives the key back.</summary>
    /// <exception cref="InvalidDataException">It was not wrapped by this master key for that use, or it is damaged.</exception>
    byte[] Unwrap(ReadOnlySpan<byte> wrapped, string use);
}
