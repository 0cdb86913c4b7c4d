using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// Writes a message that differs from another in some places. What is not touched leaves byte for byte as it came, parts and
/// tags that the dialect does not list included. Kept and used again, it allocates nothing once its buffers have grown.
/// <code>
/// editor.Clear();
/// editor.Set(new FieldPath(39), "05"u8);
/// editor.Remove(new FieldPath(38));
/// var bytes = editor.Write(reader, target);
/// </code>
/// </summary>
public sealed class MessageEditor(Dialect dialect)
{
    private const int RoomBytes = Decoder.MessageBytesMax + 1;
    private readonly byte[]?[] _rooms = new byte[FieldPath.StepsMax + 1][];
    private readonly byte[]?[] _scratch = new byte[FieldPath.StepsMax + 1][];
    private Edit[] _edits = new Edit[8];
    private byte[] _values = new byte[512];
    private byte[] _bytes = new byte[256];
    private int _count;
    private int _valueBytes;
    private ushort _mti;
    private string? _problem;

    private struct Edit
    {
        public FieldPath Path;
        public int Start;
        public int Length;
        public bool IsRemoval;
        public int DoneAt;   // Steps of the deepest place that took it in.
    }

    /// <summary>Forgets every edit.</summary>
    public void Clear() => (_count, _valueBytes, _mti) = (0, 0, 0);

    /// <summary>Another message type, four BCD digits: 0x0110.</summary>
    public void SetMti(ushort mti) => _mti = mti;

    /// <summary>
    /// A value as <see cref="MessageReader.CopyText"/> gives it: bytes as hex, tracks with = or D. It has to be one that
    /// <see cref="FieldRules"/> has no problem with (Must.Hold). A part with a key that is not there yet is added: bits and
    /// places where they belong, tags at the end.
    /// </summary>
    public void Set(in FieldPath path, ReadOnlySpan<byte> text)
    {
        Must.Hold(FieldRules.Problem(dialect, in path, text) is null);
        if (_values.Length - _valueBytes < text.Length) Array.Resize(ref _values, Math.Max(_values.Length * 2, _valueBytes + text.Length));
        text.CopyTo(_values.AsSpan(_valueBytes));
        Add(new Edit { Path = path, Start = _valueBytes, Length = text.Length });
        _valueBytes += text.Length;
    }

    /// <summary>Takes a field or a part away; nothing happens if it is not there.</summary>
    public void Remove(in FieldPath path) => Add(new Edit { Path = path, IsRemoval = true });

    /// <summary>
    /// Writes the edited message; returns its bytes, or -1. Then <paramref name="problem"/> says why it cannot be, in words
    /// without values; null if only the target is too small.
    /// </summary>
    public int Write(in MessageReader message, Span<byte> target, out string? problem)
    {
        _problem = null;
        for (var index = 0; index < _count; index++) _edits[index].DoneAt = 0;
        var fields = message.Present;
        for (var index = 0; index < _count; index++)
        {
            ref var edit = ref _edits[index];
            if (!edit.IsRemoval) fields.Add(edit.Path.Field);
            else if (edit.Path.Count == 1) fields.Remove(edit.Path.Field);
        }

        var writer = new MessageWriter(dialect, target);
        writer.Begin(_mti == 0 ? message.Mti : _mti, fields);
        foreach (var field in fields)
        {
            if (!WriteField(ref writer, in message, field)) break;
        }

        problem = _problem;
        return problem is null ? writer.End() : -1;
    }

    private void Add(Edit edit)
    {
        Must.Hold(edit.Path.Count > 0);
        for (var index = 0; index < _count; index++)
        {
            if (!_edits[index].Path.Equals(edit.Path)) continue;
            _edits[index] = edit;
            return;
        }

        if (_count == _edits.Length) Array.Resize(ref _edits, _count * 2);
        _edits[_count++] = edit;
    }

    private bool WriteField(ref MessageWriter writer, in MessageReader message, int field)
    {
        var path = new FieldPath(field);
        if (!IsTouched(in path, out var whole))
        {
            writer.CopyRaw(field, message.Raw(field));
            return true;
        }

        if (whole >= 0)
        {
            var value = Value(whole);
            if (dialect.TypeOf(field) == FieldType.Binary) writer.Binary(field, FromHex(value));
            else writer.Text(field, value);
            return true;
        }

        var isThere = message.Has(field);
        var parts = isThere ? message.Open(field, Scratch(1)) : default;
        var length = Compose(dialect.PartsOf(field)!, in dialect.Plans[field], in path, isThere, parts);
        if (length < 0) return false;
        writer.Parts(field, Room(1)[..length]);
        return true;
    }

    // Parts as they were, with their edits, into the room of this depth; -1 if that cannot be.
    private int Compose(Composition composition, in FieldPlan plan, in FieldPath path, bool isThere, PartReader parts)
    {
        var writer = new PartWriter(dialect, composition, Room(path.Count));
        var good = composition.Kind is CompositionKind.Tagged or CompositionKind.BerTlv
            ? ComposeTagged(ref writer, in path, isThere, parts)
            : ComposeInOrder(ref writer, composition, in path, isThere, parts);
        if (!good) return -1;
        var length = writer.End();
        var units = FieldContent.UnitsOfComposed(in plan, composition, length);
        if (length < 0 || units > plan.UnitsMax || (plan.IsFixed && units != plan.UnitsMax))
        {
            return Refuse(in path, $"its parts take {units} of {plan.UnitsMax} places");
        }

        var isSpelled = composition.IsHexText || plan.NibblesPerUnit != 2;
        if (isSpelled || FieldContent.IsGood(in plan, units, Room(path.Count)[..length])) return length;
        return Refuse(in path, "its parts hold bytes that its type does not allow");
    }

    private bool ComposeInOrder(ref PartWriter writer, Composition composition, in FieldPath path, bool isThere, PartReader parts)
    {
        var keys = default(FieldSet);
        if (isThere && !Collect(parts, in path, ref keys)) return false;
        for (var index = 0; index < _count; index++)
        {
            ref var edit = ref _edits[index];
            if (edit.Path.Count <= path.Count || !edit.Path.StartsWith(in path)) continue;
            var key = (int)edit.Path.Key(path.Count);
            if (!edit.IsRemoval) keys.Add(key);
            else if (edit.Path.Count == path.Count + 1) keys.Remove(key);
        }

        if (composition.Kind == CompositionKind.Bitmap) writer.Begin(keys);
        else if (!ArePlacesWhole(composition, in path, keys)) return false;
        foreach (var key in keys)
        {
            while (isThere && parts.Key < key && parts.MoveNext()) { }
            if (!WritePart(ref writer, in path, (uint)key, 0, isThere && parts.Key == key, parts)) return false;
        }

        return true;
    }

    private bool ArePlacesWhole(Composition composition, in FieldPath path, FieldSet keys)
    {
        var places = 0;
        while (places < composition.Parts.Length && keys.Has(places + 1)) places++;
        if (places == keys.Count && (places == composition.Parts.Length || composition.MayEndEarly)) return true;
        Refuse(in path, $"place {places + 1} is missing");
        return false;
    }

    private bool ComposeTagged(ref PartWriter writer, in FieldPath path, bool isThere, PartReader parts)
    {
        var before = parts;
        while (isThere && parts.MoveNext())
        {
            var earlier = CountEarlier(before, in path, parts.Key, parts.Offset);
            if (!WritePart(ref writer, in path, parts.Key, earlier, true, parts)) return false;
        }

        if (isThere && !parts.IsOk) return Refuse(in path, $"what came is {parts.Error} at offset {parts.ErrorOffset}") > 0;
        for (var index = 0; index < _count; index++)
        {
            ref var edit = ref _edits[index];
            if (edit.DoneAt > path.Count || edit.IsRemoval || edit.Path.Count <= path.Count || !edit.Path.StartsWith(in path)) continue;
            var step = path.Count;
            if (!WritePart(ref writer, in path, edit.Path.Key(step), edit.Path.Earlier(step), false, parts)) return false;
        }

        return true;
    }

    // How many of the same tag stand before; only asked where an edit names the tag.
    private int CountEarlier(PartReader parts, in FieldPath path, uint key, int offset)
    {
        var isNamed = false;
        for (var index = 0; index < _count && !isNamed; index++)
        {
            ref var edit = ref _edits[index];
            isNamed = edit.Path.Count > path.Count && edit.Path.Key(path.Count) == key && edit.Path.StartsWith(in path);
        }

        var earlier = 0;
        while (isNamed && parts.MoveNext() && parts.Offset < offset)
        {
            if (parts.Key == key) earlier++;
        }

        return earlier;
    }

    private bool WritePart(ref PartWriter writer, in FieldPath path, uint key, int earlier, bool isThere, PartReader part)
    {
        var place = path.Then(key, earlier);
        if (!IsTouched(in place, out var whole))
        {
            writer.CopyRaw(key, part.Raw);
            return true;
        }

        if (whole >= 0)
        {
            if (_edits[whole].IsRemoval) return true;
            var value = Value(whole);
            if (dialect.PlanOf(in place).Type == FieldType.Binary) writer.Binary(key, FromHex(value));
            else writer.Text(key, value);
            return true;
        }

        var inner = isThere && part.HasParts ? part.Open(Scratch(place.Count)) : default;
        var length = Compose(dialect.PartsOf(in place)!, in dialect.PlanOf(in place), in place, isThere && part.HasParts, inner);
        if (length < 0) return false;
        writer.Parts(key, Room(place.Count)[..length]);
        return true;
    }

    // True if an edit is at the place (its index is then in whole) or inside it.
    private bool IsTouched(in FieldPath place, out int whole)
    {
        whole = -1;
        var touched = false;
        for (var index = 0; index < _count; index++)
        {
            ref var edit = ref _edits[index];
            if (!edit.Path.StartsWith(in place)) continue;
            touched = true;
            edit.DoneAt = place.Count;
            if (edit.Path.Count == place.Count) whole = index;
        }

        return touched;
    }

    private bool Collect(PartReader parts, in FieldPath path, ref FieldSet keys)
    {
        while (parts.MoveNext()) keys.Add((int)parts.Key);
        return parts.IsOk || Refuse(in path, $"what came is {parts.Error} at offset {parts.ErrorOffset}") > 0;
    }

    private int Refuse(in FieldPath path, string why)
    {
        _problem ??= $"field {path.Text(dialect)}: {why}";
        return -1;
    }

    private ReadOnlySpan<byte> Value(int edit) => _values.AsSpan(_edits[edit].Start, _edits[edit].Length);

    private Span<byte> FromHex(ReadOnlySpan<byte> text)
    {
        var length = text.Length / 2;
        if (_bytes.Length < length) _bytes = new byte[length];
        for (var index = 0; index < length; index++)
        {
            _bytes[index] = (byte)((Hex.Value(text[2 * index]) << 4) | Hex.Value(text[2 * index + 1]));
        }

        return _bytes.AsSpan(0, length);
    }

    private Span<byte> Room(int depth) => _rooms[depth] ??= new byte[RoomBytes];

    private Span<byte> Scratch(int depth) => _scratch[depth] ??= new byte[RoomBytes];
}
