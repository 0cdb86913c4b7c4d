namespace SunnySwitch.Core.Domain;

/// <summary>Turns PANs into tokens, many at once: one call per network read.</summary>
public interface IPanTokens
{
    /// <summary>Makes the tokens of <paramref name="count"/> blocks. Not thread-safe: one instance per thread.</summary>
    /// <param name="blocks">count x 16 bytes as <see cref="PanBlock.Write"/> made them; left unchanged.</param>
    /// <param name="count">How many.</param>
    /// <param name="tokens">count x 16 bytes, in the same order; read by <see cref="PanBlock.ReadToken"/>.</param>
    void Tokenise(byte[] blocks, int count, byte[] tokens);
}
