using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SunnySwitch.Hsm.Tests.Pkcs11;
using SunnySwitch.Hsm.Vectors;

namespace SunnySwitch.Hsm.Tests.Vectors;

/// <summary>Published values, and the control that the runner notices when one of them is another.</summary>
public sealed class VectorTests
{
    private static readonly string[] _families =
        ["cvv", "dukpt_aes", "dukpt_tdes", "emv", "ff1", "kcv", "luhn", "mac", "pin_translate", "pin_verify", "pinblock", "tr31"];

    public static TheoryData<string, int> Files => new()
    {
        { "cvv", 11 }, { "dukpt_aes", 9 }, { "dukpt_tdes", 11 }, { "emv", 18 }, { "ff1", 11 }, { "kcv", 9 }, { "luhn", 8 }, { "mac", 17 },
        { "pin_translate", 11 }, { "pin_verify", 12 }, { "pinblock", 17 }, { "tr31", 16 },
    };

    [Theory, MemberData(nameof(Files))]
    public void Every_published_value_comes_out(string family, int count)
    {
        using var hsm = VectorModules.Open("software", out _)!;
        var run = new VectorRun(hsm);
        var file = VectorFile.Read(Bytes(family));
        var failures = file.Vectors.Select(vector => $"{vector.Id}: {run.Run(vector)}").Where(line => !line.EndsWith(": ", StringComparison.Ordinal));
        Assert.Empty(failures);
        Assert.Equal(count, file.Vectors.Count);
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_published_value_comes_out_of_a_token_that_can_do_it(string family, int count)
    {
        using var hsm = VectorModules.Open("pkcs11", SoftToken.Options(SoftToken.Vectors), Encoding.ASCII.GetBytes(SoftToken.Pin), out var problem);
        Assert.True(hsm is not null, problem);
        var run = new VectorRun(hsm);
        var file = VectorFile.Read(Bytes(family));
        var here = file.Vectors.Where(vector => VectorModules.WhyNot("pkcs11", vector) is null);
        var failures = here.Select(vector => $"{vector.Id}: {run.Run(vector)}").Where(line => !line.EndsWith(": ", StringComparison.Ordinal));
        Assert.Empty(failures);
        Assert.Equal(count, file.Vectors.Count);
        var others = file.Vectors.Where(vector => VectorModules.WhyNot("pkcs11", vector) is not null).Select(vector => vector.Id);
        Assert.Equal(family == "tr31" ? ["tr31-A-1", "tr31-C-3"] : Array.Empty<string>(), others);
    }

    [Fact]
    public void Control_every_expectation_that_is_changed_is_noticed()
    {
        using var hsm = VectorModules.Open("software", out _)!;
        var run = new VectorRun(hsm);
        var (changed, missed) = (0, new List<string>());
        foreach (var vector in _families.SelectMany(family => VectorFile.Read(Bytes(family)).Vectors))
        {
            foreach (var other in Changed(vector))
            {
                changed++;
                if (run.Run(other) is null) missed.Add($"{vector.Id}: {other.Out}{other.Error}");
            }
        }

        Assert.Empty(missed);
        Assert.True(changed > 250, $"{changed}");
    }

    [Fact]
    public void What_nobody_compares_is_a_failure()
    {
        using var hsm = VectorModules.Open("software", out _)!;
        var vector = VectorFile.Read(Bytes("cvv")).Vectors[0];
        var more = JsonNode.Parse(vector.Out!.Value.GetRawText())!.AsObject();
        more["another"] = "1";
        var failure = new VectorRun(hsm).Run(vector with { Out = JsonSerializer.SerializeToElement(more) });
        Assert.Equal("not compared: another", failure);
        Assert.Equal("unknown operation x", new VectorRun(hsm).Run(vector with { Op = "x" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"schema\":\"other/1\",\"family\":\"f\",\"count\":0,\"vectors\":[]}")]
    [InlineData("{\"schema\":\"payment-crypto-vectors/1\",\"family\":\"f\",\"count\":1,\"vectors\":[]}")]
    [InlineData("{\"schema\":\"payment-crypto-vectors/1\",\"family\":\"f\",\"count\":1,\"vectors\":[{\"id\":\"a\"}]}")]
    public void A_file_of_another_shape_is_refused(string content) =>
        Assert.Throws<InvalidDataException>(() => VectorFile.Read(Encoding.UTF8.GetBytes(content)));

    [Fact]
    public void A_module_that_is_not_there_is_refused_in_words()
    {
        Assert.Null(VectorModules.Open("pkcs11", out var problem));
        Assert.Contains("--library", problem, StringComparison.Ordinal);
        Assert.Null(VectorModules.Open("other", out problem));
        Assert.Contains("software", problem, StringComparison.Ordinal);
    }

    // Each value of the expectation in turn, and a refusal instead of it; a result or another refusal instead of a refusal.
    private static IEnumerable<Vector> Changed(Vector vector)
    {
        if (vector.Out is not { } expected)
        {
            yield return vector with { Error = "another_kind" };
            yield break;
        }

        foreach (var each in expected.EnumerateObject().Where(each => each.Name != "rule"))
        {
            var other = JsonNode.Parse(expected.GetRawText())!.AsObject();
            other[each.Name] = each.Value.ValueKind switch
            {
                JsonValueKind.True => false,
                JsonValueKind.False => true,
                JsonValueKind.Object => JsonNode.Parse("{\"KS\":\"00\"}"),
                _ => Other(each.Value.GetString()!),
            };
            yield return vector with { Out = JsonSerializer.SerializeToElement(other) };
        }
    }

    private static string Other(string value) => $"{value[..^1]}{(value[^1] == '0' ? '1' : '0')}";

    private static byte[] Bytes(string family)
    {
        using var stream = typeof(VectorTests).Assembly.GetManifestResourceStream($"crypto/{family}")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
