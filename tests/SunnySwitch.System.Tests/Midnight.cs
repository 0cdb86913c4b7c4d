namespace SunnySwitch.SystemTests;

/// <summary>Midnight of UTC, when the limits of a day begin anew.</summary>
internal static class Midnight
{
    private static readonly TimeSpan _near = new(23, 58, 30);

    /// <summary>A test that counts over a day does not begin shortly before its end.</summary>
    public static void Avoid() => Assert.True(SpinWait.SpinUntil(() => DateTime.UtcNow.TimeOfDay < _near, TimeSpan.FromMinutes(2)));
}
