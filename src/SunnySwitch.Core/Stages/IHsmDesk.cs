using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.Stages;

/// <summary>How a desk took what it was asked.</summary>
public enum DeskAnswer : byte
{
    /// <summary>Done, here and now.</summary>
    Done,

    /// <summary>The answer comes as an input, or never.</summary>
    Pending,

    /// <summary>No room for one more.</summary>
    Full,

    /// <summary>The module failed, and so did every other that could be asked: nothing was found out.</summary>
    Failed,

    /// <summary>The module did not answer within its time.</summary>
    Late,
}

/// <summary>
/// Payment cryptography beside the kernel: a desk that answers at once, or later by an input, and never lets the kernel wait. Which keys a link
/// and a card's product have is the desk's to know; what it says is a verdict, and goes into the frame.
/// </summary>
public interface IHsmDesk
{
    /// <summary>Verifies what a request brought, as far as it is asked.</summary>
    /// <param name="ticket">What a later answer names.</param>
    /// <param name="checks">What to look at.</param>
    /// <param name="card">How the card's PIN is known.</param>
    /// <param name="transaction">The request; its <see cref="Request.Security"/> is set where the answer is Done.</param>
    DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction);

    /// <summary>
    /// Makes what a chip expects back: 8 bytes of an ARPC of method 1, or the 4 of method 2 and the status update that it is made over. None where
    /// the product has no key for it.
    /// </summary>
    /// <param name="ticket">What a later answer names.</param>
    /// <param name="transaction">The request, decided.</param>
    /// <param name="data">Room for 16 bytes: what tag 91 holds.</param>
    /// <param name="bytes">How many of them; 0: none.</param>
    DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes);

    /// <summary>Makes the MAC of an answer.</summary>
    /// <param name="ticket">What a later answer names.</param>
    /// <param name="link">The link's number.</param>
    /// <param name="message">All of it up to the MAC's field.</param>
    /// <param name="mac">As long as that field.</param>
    DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac);
}

/// <summary>A desk with nobody behind it: nothing can be verified.</summary>
public sealed class NoHsmDesk : IHsmDesk
{
    /// <summary>The one.</summary>
    public static readonly NoHsmDesk Instance = new();

    private NoHsmDesk()
    {
    }

    /// <inheritdoc/>
    public DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction) => DeskAnswer.Done;

    /// <inheritdoc/>
    public DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes)
    {
        bytes = 0;
        return DeskAnswer.Done;
    }

    /// <inheritdoc/>
    public DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac) => DeskAnswer.Full;
}
