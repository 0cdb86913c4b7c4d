using System.Globalization;
using SunnySwitch.Host.Load;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using Xunit;

namespace SunnySwitch.Host.Tests.Load;

public sealed class SessionTests
{
    private static readonly DateTime Now = new(2026, 11, 23, 1, 2, 3, DateTimeKind.Utc);

    [Theory]
    [InlineData("iso87-ascii")]
    [InlineData("iso87-bcd")]
    public void The_sample_session_is_played_to_its_end_and_no_card_number_is_shown(string dialect)
    {
        var (player, text) = Play(Sample(dialect));

        Assert.Equal(9, player.Played);
        Assert.Equal(0, player.Wrong);
        Assert.DoesNotContain("4761739001010119", text, StringComparison.Ordinal);
        Assert.DoesNotContain("5413330089020011", text, StringComparison.Ordinal);
        Assert.Contains("0110", text, StringComparison.Ordinal);
        Assert.Contains("0430", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_was_not_expected_is_wrong()
    {
        var session = Sample("iso87-ascii");
        var (player, text) = Play(session with
        {
            Steps = [.. session.Steps.Select(static step => step.Fields.GetValueOrDefault("0") == "0200"
                ? step with { Expect = ["51", "61"] } : step)],
        });

        Assert.Equal(1, player.Wrong);
        Assert.Contains("WRONG: expected 51 or 61", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_step_but_a_repeat_has_a_number_of_its_own()
    {
        var session = Sample("iso87-ascii");
        var stamps = new SessionStamps(Now, null);
        var numbers = session.Steps.Where(static step => step.Repeats is null)
            .Select(step => stamps.Stamp(step, Now)[11]).ToList();

        Assert.Equal(8, numbers.Distinct().Count());
    }

    [Fact]
    public void A_reversal_points_to_its_original_as_it_was_sent()
    {
        var (sent, _) = StampAll("iso87-ascii", null);
        var original = sent["purchase with PIN"];
        var reversal = sent["reversal of the purchase"];

        Assert.Equal("0200" + original[11] + original[7] + "12345678901" + "00000000000", reversal[90]);
        Assert.Equal(original[2], reversal[2]);
        Assert.Equal(original[37], reversal[37]);
        Assert.NotEqual(original[11], reversal[11]);
        Assert.Equal("1123010203", reversal[7]);
    }

    [Fact]
    public void A_repeat_is_its_original_with_the_repeat_bit()
    {
        var (sent, session) = StampAll("iso87-ascii", null);
        var repeat = sent[session.Steps.Single(static step => step.Repeats is not null).Name];
        var original = new SortedDictionary<int, string>(sent["authorization, chip"]) { [0] = "0101" };

        Assert.Equal(original, repeat);
    }

    [Fact]
    public void The_acquirer_is_replaced_where_there_is_one_and_in_original_data()
    {
        var (sent, _) = StampAll("iso87-ascii", "400001");

        Assert.Equal("400001", sent["purchase with PIN"][32]);
        Assert.EndsWith("00000400001" + "00000000000", sent["reversal of the purchase"][90], StringComparison.Ordinal);
        Assert.False(sent["sign-on"].ContainsKey(32));
    }

    [Theory]
    [InlineData("[]", "an object with dialect and steps is expected")]
    [InlineData("""{"steps":[{}]}""", "each step has a name")]
    [InlineData("""{"steps":[{"name":"a","fields":{}}]}""", "step a: fields need an MTI of four digits under \"0\"")]
    [InlineData("""{"steps":[{"name":"a","repeats":"b"}]}""", "step a: no earlier step is named b")]
    public void A_wrong_session_file_is_said_in_words(string json, string problem) =>
        Assert.Equal(problem, Assert.Throws<LoadException>(() => Session.Parse(json)).Message);

    private static (SessionPlayer Player, string Text) Play(Session session)
    {
        var dialect = Dialect.BuiltIn(session.Dialect)!;
        var framing = Framing.Of("be16", 4_000);
        using var peer = new EchoServer(0, new EchoAnswers(dialect, framing));
        using var stream = Peer.Dial("127.0.0.1", peer.Port);
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var player = new SessionPlayer(dialect, framing, output);
        player.Play(session, new SessionStamps(Now, null), stream);
        return (player, output.ToString());
    }

    private static (Dictionary<string, SortedDictionary<int, string>> Sent, Session Session) StampAll(
        string dialect, string? acquirer)
    {
        var session = Sample(dialect);
        var stamps = new SessionStamps(Now, acquirer);
        return (session.Steps.ToDictionary(static step => step.Name, step => stamps.Stamp(step, Now)), session);
    }

    private static Session Sample(string dialect)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "config", "samples", $"session-{dialect}.json");
            if (File.Exists(file)) return Session.Read(file);
        }

        throw new FileNotFoundException(dialect);
    }
}
