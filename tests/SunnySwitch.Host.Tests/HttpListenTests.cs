using SunnySwitch.Host.Options;
using Xunit;

namespace SunnySwitch.Host.Tests;

/// <summary>HTTP has neither TLS nor passwords.</summary>
public sealed class HttpListenTests
{
    [Theory]
    [InlineData("development", "0.0.0.0", "0.0.0.0")]
    [InlineData("development", "127.0.0.1", "127.0.0.1")]
    [InlineData("production", "0.0.0.0", "127.0.0.1")]
    [InlineData("production", "192.0.2.7", "127.0.0.1")]
    [InlineData("production", "127.0.0.2", "127.0.0.2")]
    [InlineData("production", "::", "::1")]
    public void In_production_HTTP_stays_on_loopback(string mode, string listen, string expected) =>
        Assert.Equal(expected, new SwitchOptions { Mode = mode, Listen = listen }.HttpListen.ToString());
}
