using SunnySwitch.Host.Commands;
using Xunit;

namespace SunnySwitch.Host.Tests.Commands;

public sealed class ChecksTests
{
    [Fact]
    public void The_page_on_authorization_has_the_table_that_the_code_gives()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SunnySwitch.sln"))) folder = folder.Parent!;
        var page = File.ReadAllText(Path.Combine(folder.FullName, "docs", "authorization.md"));
        var isThere = page.Contains(ChecksCommand.Table(), StringComparison.Ordinal);
        Assert.True(isThere, "docs/authorization.md is old: put the table of `tools/sunny checks` into it");
    }
}
