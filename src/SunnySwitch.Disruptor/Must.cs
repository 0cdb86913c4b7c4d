using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SunnySwitch;

/// <summary>Invariants, asserted in Release too.</summary>
/// <remarks>
/// A broken invariant is thrown, never caught inside the kernel: the thread that runs the kernel prints one line and
/// stops the process with exit code 3 (stopped to protect data). A simulator catches it and keeps the seed.
/// </remarks>
public static class Must
{
    /// <summary>Stops the process when <paramref name="condition"/> is false; the condition's own text is the message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Hold(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string? text = null)
    {
        if (!condition) Break(text);
    }

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    private static void Break(string? text) => throw new StopToProtectDataException($"invariant broken: {text}");
}

/// <summary>The process has to stop: an invariant is broken, or a write or flush of the journal failed. Never caught in the kernel.</summary>
public sealed class StopToProtectDataException : Exception
{
    /// <summary>Makes the exception with the line that the operator reads.</summary>
    public StopToProtectDataException(string message, Exception? inner = null) : base(message, inner) { }
}
