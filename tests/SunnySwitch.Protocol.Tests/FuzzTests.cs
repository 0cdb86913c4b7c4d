namespace SunnySwitch.Protocol.Tests;

/// <summary>What the fuzzer kept, and what it once found, before the same oracles.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    [Theory, MemberData(nameof(Targets))]
    public void Every_input_that_was_kept_is_judged_as_the_oracles_judge_it(string target)
    {
        var folder = Repository.File("tests", "golden", "fuzz", target);
        var files = Directory.GetFiles(folder);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var wrong = Record.Exception(() => FuzzTargets.Run(target, File.ReadAllBytes(file)));
            Assert.True(wrong is null, $"{Path.GetFileName(file)}: {wrong?.Message}");
        }
    }

    [Theory]
    // A text of a dialect file that is not UTF-8, found 2026-11-27: it threw when it was asked for.
    [InlineData("dialect", "7B226469616C656374223A22FF227D")]
    [InlineData("dialect", "7B226469616C656374223A225C7564383030227D")]
    // Most of a card number in an amount and a date of shifted messages, found 2026-11-27.
    [InlineData(
        "masking",
        "0A31313130373033303030303030303030323030303030303136343736313733393030313031303131393030333030303030303030303031323334353132"
        + "33343536323631313232313635303437303030")]
    [InlineData("masking", "0321104030000002000000164761739001010100020000001647617390010101190000001234562226476173900101011911221654470002")]
    // A length that is digits of a card, before the rest of it, in the bytes of a shifted field; found 2026-11-28.
    [InlineData(
        "masking",
        "0A3131303037323334303534373339303031303132303131393030333139303033343030303030303030303132333435313132323136353034373132323435363236"
        + "313132323136353034373238313235313031303135313433343431303035343131313131323334353637383930313334343736313733393030313031303131393D32"
        + "3831323230313132333435363738F93930363332363136313233343536")]
    public void What_was_found_stays_mended(string target, string input) => FuzzTargets.Run(target, Convert.FromHexString(input));
}
