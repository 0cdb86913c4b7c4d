using Xunit;

namespace SunnySwitch.Core.Tests;

public sealed class HouseTests
{
    [Fact]
    public void The_room_builds() => Assert.NotNull(typeof(SunnySwitch.Must));
}
