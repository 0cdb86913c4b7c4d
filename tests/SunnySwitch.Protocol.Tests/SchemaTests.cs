using System.Text;
using System.Text.Json;
using Json.Schema;
using SunnySwitch.Protocol.Dialects;
using Dialect = SunnySwitch.Protocol.Dialects.Dialect;

namespace SunnySwitch.Protocol.Tests;

/// <summary>config/schema/dialect.json says what the parser says.</summary>
public sealed class SchemaTests
{
    private static readonly JsonSchema _schema = JsonSchema.FromText(File.ReadAllText(Repository.File("config", "schema", "dialect.json")));

    [Fact]
    public void Every_shipped_dialect_and_every_random_one_that_compiles_follows_it()
    {
        foreach (var name in Dialect.BuiltInNames) Assert.True(Follows(Encoding.UTF8.GetString(Dialect.BuiltInFile(name)!)), name);
        for (var seed = 0; seed < 100; seed++)
        {
            Assert.True(Follows(new RandomDialect(seed).Json), $"dialect {seed}");
            Assert.True(Follows(new RandomParts(seed).Json), $"parts {seed}");
        }
    }

    [Theory]
    [InlineData("""{"mti":"ascii"}""")]
    [InlineData("""{"dialect":"a b"}""")]
    [InlineData("""{"dialect":"a","colour":"red"}""")]
    [InlineData("""{"dialect":"a","mti":"utf8"}""")]
    [InlineData("""{"dialect":"a","lenient":["everything"]}""")]
    [InlineData("""{"dialect":"a","match":[7]}""")]
    [InlineData("""{"dialect":"a","keep_alive":"often"}""")]
    [InlineData("""{"dialect":"a","timers":{"answer_seconds":0}}""")]
    [InlineData("""{"dialect":"a","timers":{"cut_over_seconds":901}}""")]
    [InlineData("""{"dialect":"a","timers":{}}""")]
    [InlineData("""{"dialect":"a","flow":{"100":"0110"}}""")]
    [InlineData("""{"dialect":"a","response_codes":{"000":"00"}}""")]
    [InlineData("""{"dialect":"a","fields":{"1":{"type":"n","length":"F","max":1,"encoding":"ascii"}}}""")]
    [InlineData("""{"dialect":"a","fields":{"2":{"type":"q","length":"F","max":1,"encoding":"ascii"}}}""")]
    [InlineData("""{"dialect":"a","fields":{"2":{"type":"n","length":"LLLLLLL","max":1,"encoding":"ascii"}}}""")]
    [InlineData("""{"dialect":"a","fields":{"2":{"type":"b","length":"F","max":9,"encoding":"bin","parts":{"kind":"circle"}}}}""")]
    [InlineData("""
        {"dialect":"a","fields":{"2":{"type":"b","length":"F","max":9,"encoding":"bin","parts":{"kind":"bitmap","bits":7,"bitmap":"bin","fields":{}}}}}
        """)]
    public void What_the_parser_refuses_it_refuses(string json)
    {
        Assert.Throws<DialectException>(() => Dialect.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.False(Follows(json));
    }

    [Fact]
    public void The_example_of_rules_follows_the_schema_of_rules()
    {
        var schema = JsonSchema.FromText(File.ReadAllText(Repository.File("config", "schema", "rules.json")));
        using var document = JsonDocument.Parse(
            File.ReadAllText(Repository.File("config", "rules.json")), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        Assert.True(schema.Evaluate(document.RootElement).IsValid);
    }

    private static bool Follows(string json)
    {
        using var document = JsonDocument.Parse(json);
        return _schema.Evaluate(document.RootElement).IsValid;
    }
}
