using SunnySwitch.Host.Options;
using Xunit;

namespace SunnySwitch.Host.Tests;

/// <summary>What is wrong with the configuration of the HSM is named, all at once.</summary>
public sealed class HsmOptionsTests
{
    private const string Good = """{"name":"a","library":"/usr/lib/token.so","label":"a","pinFile":"a.pin"}""";

    [Theory]
    [InlineData("""{"module":"hardware"}""", "hsm.module: software or pkcs11, is \"hardware\"")]
    [InlineData("""{"module":"pkcs11","threads":1}""", "hsm.tokens: 1 to 8 with pkcs11, are 0")]
    [InlineData("""{"module":"pkcs11","tokens":[""" + Good + "]}", "hsm.threads: 1 at least with pkcs11: the kernel waits for no token")]
    [InlineData("""{"tokens":[""" + Good + "]}", "hsm.tokens: only with hsm.module pkcs11")]
    [InlineData("""{"module":"pkcs11","threads":1,"tokens":[""" + Good + "," + Good + "]}", "hsm.tokens: names differ")]
    [InlineData("""{"module":"pkcs11","threads":1,"tokens":[{"name":"a b","slot":-1}]}""",
        "hsm.tokens.0.name: 1 to 32 letters, digits, dots, dashes and underscores", "hsm.tokens.0.library: the path of the token's PKCS#11 library",
        "hsm.tokens.0.slot: not below 0, is -1", "hsm.tokens.0.pinFile: a file with the token's user PIN, mode 0600")]
    [InlineData("""{"module":"pkcs11","tokens":[{"colour":"red","slot":"1"},7,null],"products":{}}""",
        "hsm.tokens.0.colour: no such key; here are: label, library, name, pinFile, slot", "hsm.tokens.0.slot: a whole number is expected, is \"1\"",
        "hsm.tokens.1: an object is expected, is 7", "hsm.tokens.2: an object is expected, is null", "hsm.products: a list is expected, is {}")]
    [InlineData("""{"deadlineMilliseconds":9}""", "hsm.deadlineMilliseconds: 10 to 30000, is 9")]
    [InlineData("""{"module":"pkcs11","threads":1,"tokens":[""" + Good + "]}")]
    [InlineData("""{"threads":64,"waitingMax":65536,"deadlineMilliseconds":30000}""")]
    public void Each_problem_is_named(string hsm, params string[] expected)
    {
        if (expected.Length == 0)
        {
            Assert.Empty(OptionsFile.Read(null, [$"hsm={hsm}"]).Problems());
            return;
        }

        var refused = Assert.Throws<OptionsException>(() => OptionsFile.Read(null, [$"hsm={hsm}"]));
        Assert.Equal(expected, refused.Problems.Where(problem => problem.StartsWith("hsm", StringComparison.Ordinal)));
    }
}
