using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Host.Commands;

/// <summary>What operators said of cards, merchants and terminals, as lines of the journal. A card is only ever there by its token.</summary>
internal static class OperatorLines
{
    /// <summary>In words; null for a frame of another kind.</summary>
    public static string? Describe(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (TryRead<AcceptorSet>(header, JournalKind.AcceptorSet, payload, out var acceptor))
        {
            var terminal = Text(acceptor.Terminal);
            var category = acceptor.Category == 0 ? "" : $", category {acceptor.Category:D4}";
            return $"acquirer {acceptor.Acquirer}, merchant {Text(acceptor.Merchant)}{(terminal.Length > 0 ? $", terminal {terminal}" : "")}: "
                + $"{acceptor.Status}{category}{By(acceptor.Operator)}";
        }

        if (TryRead<PaymentStopped>(header, JournalKind.PaymentStopped, payload, out var order))
        {
            var merchant = Text(order.Merchant);
            return $"card {order.Pan}: {order.Kind}{(merchant.Length > 0 ? $", merchant {merchant}" : "")}{By(order.Operator)}";
        }

        if (TryRead<CardPinSet>(header, JournalKind.CardPinSet, payload, out var pin)) return $"card {pin.Pan}: PIN by {pin.Method}{By(pin.Operator)}";
        if (TryRead<KeyNoted>(header, JournalKind.KeyNoted, payload, out var key)) return Describe(in key);
        if (TryRead<CardAddressed>(header, JournalKind.CardAddressed, payload, out var addressed)) return $"card {addressed.Pan}{By(addressed.Operator)}";
        if (!TryRead<CardChanged>(header, JournalKind.CardChanged, payload, out var change)) return null;
        var region = change.HotRegion == 0 ? "" : $" in {change.HotRegion:D3}";
        return $"card {change.Pan}: {change.Status}, hot: {change.Hot}{region}{By(change.Operator)}";
    }

    /// <summary>The same as JSON.</summary>
    public static void WriteJson(Utf8JsonWriter writer, in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (TryRead<AcceptorSet>(header, JournalKind.AcceptorSet, payload, out var acceptor))
        {
            writer.WriteNumber("acquirer", acceptor.Acquirer);
            writer.WriteString("merchant", Text(acceptor.Merchant));
            writer.WriteString("terminal", Text(acceptor.Terminal));
            writer.WriteString("category", acceptor.Category == 0 ? "" : $"{acceptor.Category:D4}");
            writer.WriteString("status", acceptor.Status.ToString());
            writer.WriteString("operator", Text(acceptor.Operator));
        }
        else if (TryRead<PaymentStopped>(header, JournalKind.PaymentStopped, payload, out var order))
        {
            writer.WriteString("card", order.Pan.ToString());
            writer.WriteString("stopped", order.Kind.ToString());
            writer.WriteNumber("acquirer", order.Acquirer);
            writer.WriteString("merchant", Text(order.Merchant));
            writer.WriteNumber("from_day", order.From);
            writer.WriteNumber("until_day", order.To);
            writer.WriteString("operator", Text(order.Operator));
        }
        else if (TryRead<CardAddressed>(header, JournalKind.CardAddressed, payload, out var addressed))
        {
            writer.WriteString("card", addressed.Pan.ToString());
            writer.WriteString("operator", Text(addressed.Operator));
        }
        else if (TryRead<KeyNoted>(header, JournalKind.KeyNoted, payload, out var key))
        {
            writer.WriteString("key", Text(key.Label));
            writer.WriteNumber("key_version", key.Version);
            writer.WriteNumber("replaced_version", key.Replaced);
            writer.WriteString("act", key.Act.ToString());
            writer.WriteString("state", key.State.ToString());
            writer.WriteString("usage", Usage(in key));
            writer.WriteString("algorithm", $"{(char)key.Algorithm}{key.Bits}");
            writer.WriteString("check_value", CheckValue(in key));
            writer.WriteString("operators", Operators(in key));
        }
        else if (TryRead<CardPinSet>(header, JournalKind.CardPinSet, payload, out var pin))
        {
            writer.WriteString("card", pin.Pan.ToString());
            writer.WriteString("pin_method", pin.Method.ToString());
            writer.WriteString("operator", Text(pin.Operator));
        }
        else if (TryRead<CardChanged>(header, JournalKind.CardChanged, payload, out var change))
        {
            writer.WriteString("card", change.Pan.ToString());
            writer.WriteString("status", change.Status.ToString());
            writer.WriteString("hot", change.Hot.ToString());
            writer.WriteNumber("hot_region", change.HotRegion);
            writer.WriteString("operator", Text(change.Operator));
        }
    }

    private static string Describe(in KeyNoted key)
    {
        var replaced = key.Replaced == 0 ? "" : $", version {key.Replaced} is previous";
        return $"key {Text(key.Label)} version {key.Version}: {key.Act}, {key.State}{replaced}, {Usage(in key)} "
            + $"{(char)key.Algorithm}{key.Bits} {CheckValue(in key)}, by {Operators(in key)}";
    }

    private static string Usage(in KeyNoted key) => $"{(char)(key.Usage >> 8)}{(char)(key.Usage & 0xFF)}";

    // Three bytes of a TDEA key, five of others.
    private static string CheckValue(in KeyNoted key) => key.CheckValue.ToString(key.Algorithm == 'T' ? "X6" : "X10");

    private static string Operators(in KeyNoted key) =>
        string.Join(", ", new[] { Text(key.Operator), Text(key.SecondOperator), Text(key.ThirdOperator) }.Where(name => name.Length > 0));

    // A first version may be shorter: what it did not have is zero.
    private static bool TryRead<T>(in FrameHeader header, JournalKind kind, ReadOnlySpan<byte> payload, out T read)
        where T : unmanaged
    {
        read = default;
        if (header.Kind != kind || payload.Length > Unsafe.SizeOf<T>()) return false;
        payload.CopyTo(MemoryMarshal.AsBytes(new Span<T>(ref read)));
        return true;
    }

    private static string Text(in Text16 text) => JournalLines.Printable(text.ToString());

    private static string By(in Text16 who) => Text(in who) is { Length: > 0 } name ? $", by {name}" : "";
}
