using Xunit;

namespace SunnySwitch.Protocol.Tests;

public sealed class HouseTests
{
    [Fact]
    public void The_room_builds() => Assert.NotNull(typeof(SunnySwitch.Must));
}
