using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Commands;
using SunnySwitch.Protocol.Dialects;
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

    [Fact]
    public void Every_code_has_its_name_in_the_later_editions()
    {
        foreach (var dialect in Dialect.BuiltInNames.Select(name => Dialect.BuiltIn(name)!).Where(dialect => dialect.Standard != 1987))
        {
            Assert.All(Outcomes.All, outcome => Assert.Contains(outcome.Code.ToString(), dialect.ResponseCodes.Keys));
        }
    }
}
