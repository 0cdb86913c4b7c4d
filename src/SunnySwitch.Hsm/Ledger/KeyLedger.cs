using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using SunnySwitch.Core.State;
using SunnySwitch.Hsm.Blocks;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ledger;

/// <summary>One version of a key as it is stored.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Version">From 1.</param>
/// <param name="Block">The key block, with label and version inside.</param>
public sealed record StoredKey(string Label, uint Version, string Block);

/// <summary>A key in use.</summary>
/// <param name="Key">Its handle in the ledger's own module.</param>
/// <param name="Stored">As it is stored.</param>
/// <param name="IsPrevious">True of the version before the current one.</param>
public sealed record RingKey(HsmKey Key, StoredKey Stored, bool IsPrevious);

/// <summary>The file.</summary>
/// <param name="Format">1.</param>
/// <param name="Master">What finds the master key-encrypting key, Base64.</param>
/// <param name="Keys">The keys.</param>
public sealed record StoredKeys(int Format, string Master, IReadOnlyList<StoredKey> Keys);

/// <summary>
/// The keys themselves: <c>keys.blocks</c>, key blocks under the module's master key-encrypting key. What a version is and where it stands is
/// the journal's to say (<see cref="KeyNote"/>): a new key is in the file before the journal knows it, and a retired one leaves the file after.
/// So whatever is cut short, <see cref="Follow"/> finds every key that the journal counts on, and drops what it does not know.
/// </summary>
/// <remarks>The ring is for any thread; all else for one at a time.</remarks>
public sealed class KeyLedger : IKeyRing
{
    /// <summary>Most characters of a label.</summary>
    public const int LabelMax = 16;

    private const int Format = 1;

    private static readonly JsonSerializerOptions Strict = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private readonly string _path;
    private IKeySeal _seal;
    private readonly string _master;
    private readonly KeyUses _lives;
    private readonly Dictionary<(string Label, uint Version), Held> _held = [];
    private readonly Dictionary<string, long[]> _uses = new(StringComparer.Ordinal);
    private List<HsmKey> _leaving = [], _left = [];
    private volatile Snapshot _now = Snapshot.Empty;

    private KeyLedger(string path, IPaymentHsm hsm, IKeySeal seal, string master)
    {
        (_path, Hsm, _seal, _master) = (path, hsm, seal, master);
        _lives = new KeyUses(Path.ChangeExtension(path, ".uses"));
    }

    /// <summary>The module that holds the keys.</summary>
    public IPaymentHsm Hsm { get; private set; }

    /// <inheritdoc/>
    public int Generation => _now.Generation;

    /// <summary>What the journal said last.</summary>
    public IReadOnlyList<KeyNote> Notes => _now.Notes;

    /// <summary>What finds the master key-encrypting key, for another module that has it too.</summary>
    public byte[] Master => Convert.FromBase64String(_master);

    /// <summary>Check value of the master key-encrypting key.</summary>
    public string MasterCheck => _seal.MasterCheck;

    /// <summary>Opens the file; makes it, with a master key-encrypting key, when <paramref name="mayCreate"/>.</summary>
    /// <exception cref="InvalidDataException">It is missing, damaged, changed, or another master key's.</exception>
    public static KeyLedger Open(string path, IPaymentHsm hsm, IKeySeal seal, bool mayCreate)
    {
        if (!File.Exists(path))
        {
            if (!mayCreate) throw new InvalidDataException($"{path} is missing, but the journal knows keys in it: restore it from a backup");
            var fresh = new KeyLedger(path, hsm, seal, Convert.ToBase64String(seal.MakeMaster()));
            fresh.Save();
            return fresh;
        }

        try
        {
            var stored = JsonSerializer.Deserialize<StoredKeys>(OwnerFile.Read(path), Strict);
            if (stored?.Format != Format) throw new JsonException();
            seal.TakeMaster(Convert.FromBase64String(stored.Master));
            var ledger = new KeyLedger(path, hsm, seal, stored.Master);
            foreach (var each in stored.Keys) ledger.Take(each ?? throw new JsonException());
            return ledger;
        }
        catch (Exception damaged) when (damaged is JsonException or FormatException)
        {
            throw new InvalidDataException($"{path}: not a list of keys; restore it from a backup");
        }
    }

    /// <summary>The same keys, in the module as it was opened again; what was held in the one before is gone with it.</summary>
    /// <param name="hsm">The module.</param>
    /// <param name="seal">Its blocks; it has the master key-encrypting key.</param>
    /// <exception cref="InvalidDataException">One of them cannot be opened: nothing has changed.</exception>
    public void Reopen(IPaymentHsm hsm, IKeySeal seal)
    {
        var opened = new List<(Held Held, HsmKey Key)>();
        foreach (var held in _held.Values)
        {
            var result = seal.OpenKey(Encoding.ASCII.GetBytes(held.Stored.Block), Name(held.Stored.Label, held.Stored.Version), out var key);
            if (result != HsmResult.Done) throw new InvalidDataException($"key {held.Stored.Label} version {held.Stored.Version}: {result.Text()}");
            opened.Add((held, key!));
        }

        foreach (var (held, key) in opened) held.Key = key;
        (Hsm, _seal, _leaving, _left) = (hsm, seal, [], []);
        _now = Build(_now.Notes);
    }

    /// <summary>What is wrong with a label; null: nothing.</summary>
    public static string? ProblemOf(string? label)
    {
        var isGood = label is { Length: > 0 and <= LabelMax } && label.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
        return isGood ? null : $"label: 1 to {LabelMax} letters, digits, dots, dashes and underscores";
    }

    /// <inheritdoc/>
    public bool TryCurrent(string label, [NotNullWhen(true)] out HsmKey? key)
    {
        key = _now.Labels.TryGetValue(label, out var found) ? found.Current?.Key : null;
        return key is not null;
    }

    /// <inheritdoc/>
    public bool TryPrevious(string label, [NotNullWhen(true)] out HsmKey? key)
    {
        key = _now.Labels.TryGetValue(label, out var found) ? found.Previous?.Key : null;
        return key is not null;
    }

    /// <inheritdoc/>
    public void Used(HsmKey key)
    {
        if (!_now.Uses.TryGetValue(key, out var use)) return;
        Interlocked.Increment(ref use.Held.Uses);
        Interlocked.Increment(ref use.OfLabel[use.IsPrevious ? 1 : 0]);
    }

    /// <summary>The keys in use as they are stored, and the generation of the ring that they are.</summary>
    public (int Generation, IReadOnlyList<RingKey> Keys) InUse()
    {
        var now = _now;
        return (now.Generation, [.. now.Uses.Select(use => new RingKey(use.Key, use.Value.Held.Stored, use.Value.IsPrevious))]);
    }

    /// <summary>Uses since the start, by label and state, over all versions.</summary>
    public IEnumerable<(string Label, KeyState State, long Count)> Uses() =>
        from each in _now.Labels
        from state in new[] { KeyState.Current, KeyState.Previous }
        select (each.Key, state, Interlocked.Read(ref each.Value.Uses[state == KeyState.Previous ? 1 : 0]));

    /// <summary>Uses of one version, at least: over all lives, but for what a crash has cut off.</summary>
    public long UsesOf(string label, uint version) =>
        _lives.Before(label, version) + (_held.TryGetValue((label, version), out var held) ? Interlocked.Read(ref held.Uses) : 0);

    /// <summary>Writes uses down, if there were any since the last time; called now and then, and at the end.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void SaveUses() =>
        _lives.Save(_held.Values.Select(held => new StoredUse(held.Stored.Label, held.Stored.Version, Interlocked.Read(ref held.Uses))));

    /// <summary>A version that is held, whatever its state.</summary>
    public bool TryFind(string label, uint version, [NotNullWhen(true)] out HsmKey? key) =>
        (key = _held.TryGetValue((label, version), out var held) ? held.Key : null) is not null;

    /// <summary>Writes a new version down, durably; it counts from when the journal knows it.</summary>
    public void Add(string label, uint version, HsmKey key)
    {
        Must.Hold(ProblemOf(label) is null && version > 0);
        var block = new byte[KeyBlockHeader.BlockCharactersMax];
        var result = _seal.SealKey(key, Name(label, version), block, out var characters);
        if (result != HsmResult.Done) throw new InvalidDataException($"key {label} version {version}: {result.Text()}");
        _held.Add((label, version), new Held(key, new StoredKey(label, version, Encoding.ASCII.GetString(block, 0, characters))));
        try
        {
            Save();
        }
        catch
        {
            _held.Remove((label, version));
            Hsm.RemoveKey(key);
            throw;
        }
    }

    /// <summary>
    /// Compares with what the journal knows, and makes that the ring. Keys that it does not count on are dropped, from the file too; returns
    /// which, in words.
    /// </summary>
    /// <exception cref="InvalidDataException">A key is missing or another one (PCI PIN requirement 18).</exception>
    public IReadOnlyList<string> Follow(IReadOnlyList<KeyNote> notes)
    {
        var wanted = new HashSet<(string, uint)>();
        foreach (var note in notes)
        {
            if (note.State is not (KeyState.Next or KeyState.Current or KeyState.Previous)) continue;
            Compare(in note);
            wanted.Add((note.Label, note.Version));
        }

        var dropped = _held.Where(each => !wanted.Contains(each.Key)).Select(each => each.Value).ToList();
        foreach (var each in dropped)
        {
            _held.Remove((each.Stored.Label, each.Stored.Version));
            _lives.Add(each.Stored.Label, each.Stored.Version, Interlocked.Read(ref each.Uses));
        }

        if (dropped.Count > 0) Save();
        if (dropped.Count > 0 || !notes.SequenceEqual(_now.Notes) || _now.Generation == 0) _now = Build(notes);
        // Whoever has a handle of the ring before may be using it at this very moment.
        _leaving.AddRange(dropped.Select(each => each.Key));
        var retired = notes.Where(note => note.State == KeyState.Retired).Select(note => (note.Label, note.Version)).ToHashSet();
        return
        [
            .. dropped.Select(each => retired.Contains((each.Stored.Label, each.Stored.Version))
                ? $"key {each.Stored.Label} version {each.Stored.Version}: retired, and gone from {Path.GetFileName(_path)}"
                : $"key {each.Stored.Label} version {each.Stored.Version}: the journal does not know it: an unfinished ceremony, dropped"),
        ];
    }

    /// <summary>Takes out of the module what left the ring before the last call; called now and then, so that no operation loses its key.</summary>
    public void Sweep()
    {
        foreach (var key in _left) Hsm.RemoveKey(key);
        (_left, _leaving) = (_leaving, []);
    }

    /// <summary>Keys that are published, in words.</summary>
    public IEnumerable<string> Published() =>
        from each in _held.Values
        let name = PublishedKeys.NameOf(each.Key)
        where name is not null
        orderby each.Stored.Label, each.Stored.Version
        select $"key {each.Stored.Label} version {each.Stored.Version} is published ({name}, check value {each.Key.CheckValue})";

    private void Compare(in KeyNote note)
    {
        var expected = KeyText.CheckValue(note.Algorithm, note.CheckValue);
        var what = $"key {note.Label} version {note.Version}";
        const string Advice = "restore keys.blocks from a backup of this switch, and find out who changed it (PCI PIN 18)";
        if (!TryFind(note.Label, note.Version, out var key))
            throw new InvalidDataException($"{what}: {_path} does not have it; the journal expects check value {expected}: {Advice}");
        var attributes = key.Attributes;
        var isSame = KeyText.CheckValue(key) == note.CheckValue && (ushort)attributes.Usage == note.Usage && (byte)attributes.Algorithm == note.Algorithm
            && (byte)attributes.Mode == note.Mode && (byte)attributes.Exportability == note.Exportability && key.Bits == note.Bits;
        if (isSame) return;
        throw new InvalidDataException(
            $"{what}: the key was substituted: {_path} has {key}, the journal expects {KeyText.Usage(note.Usage)} "
            + $"{(char)note.Algorithm}{note.Bits} with check value {expected}: {Advice}");
    }

    private Snapshot Build(IReadOnlyList<KeyNote> notes)
    {
        var labels = new Dictionary<string, Label>(StringComparer.Ordinal);
        var uses = new Dictionary<HsmKey, Use>(ReferenceEqualityComparer.Instance);
        foreach (var note in notes)
        {
            if (note.State is not (KeyState.Current or KeyState.Previous)) continue;
            if (!_uses.TryGetValue(note.Label, out var counts)) _uses[note.Label] = counts = new long[2];
            var held = _held[(note.Label, note.Version)];
            var label = labels.GetValueOrDefault(note.Label) ?? new Label(null, null, counts);
            labels[note.Label] = note.State == KeyState.Current ? label with { Current = held } : label with { Previous = held };
            uses[held.Key] = new Use(held, counts, note.State == KeyState.Previous);
        }

        return new Snapshot(
            _now.Generation + 1, [.. notes], labels.ToFrozenDictionary(StringComparer.Ordinal), uses.ToFrozenDictionary(ReferenceEqualityComparer.Instance));
    }

    private void Take(StoredKey stored)
    {
        var result = HsmResult.BadInput;
        if (ProblemOf(stored.Label) is null && stored.Version > 0)
        {
            result = _seal.OpenKey(Encoding.ASCII.GetBytes(stored.Block), Name(stored.Label, stored.Version), out var key);
            if (result == HsmResult.Done && _held.TryAdd((stored.Label, stored.Version), new Held(key!, stored))) return;
            if (result == HsmResult.Done) result = HsmResult.BadInput;     // Twice in the file.
        }

        throw new InvalidDataException(
            $"{_path}: key {Printable(stored.Label)} version {stored.Version}: {result.Text()}; restore the file from a backup, and find out who changed it");
    }

    private void Save()
    {
        var all = _held.Values.Select(each => each.Stored).OrderBy(each => each.Label, StringComparer.Ordinal).ThenBy(each => each.Version);
        OwnerFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(new StoredKeys(Format, _master, [.. all])));
    }

    // Inside of the block, so that no block can stand for another label or version.
    internal static byte[] Name(string label, uint version) => Encoding.ASCII.GetBytes($"{label}#{version}");

    private static string Printable(string text) => new([.. text.Take(LabelMax).Select(letter => letter is >= ' ' and <= '~' ? letter : '?')]);

    private sealed class Held(HsmKey key, StoredKey stored)
    {
        public long Uses;

        public HsmKey Key { get; set; } = key;

        public StoredKey Stored => stored;
    }

    private sealed record Label(Held? Current, Held? Previous, long[] Uses);

    private sealed record Use(Held Held, long[] OfLabel, bool IsPrevious);

    private sealed record Snapshot(int Generation, IReadOnlyList<KeyNote> Notes, FrozenDictionary<string, Label> Labels, FrozenDictionary<HsmKey, Use> Uses)
    {
        public static readonly Snapshot Empty = new(0, [], FrozenDictionary<string, Label>.Empty, FrozenDictionary<HsmKey, Use>.Empty);
    }
}
