using System.Globalization;
using System.Text;
using SunnySwitch.Admin;
using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Blocks;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;

namespace SunnySwitch.Host.Serving;

/// <summary>
/// The ceremonies of keys: the module makes or takes a key, the ledger writes its block down, the journal says that it is there, and only then
/// the ring has it. One at a time.
/// </summary>
internal sealed class KeyDesk : IKeyCeremony, IDisposable
{
    private static readonly TimeSpan UsesSavedEvery = TimeSpan.FromMinutes(1);
    private readonly OperatorDesk _operators;
    private readonly KeyLedger _ledger;
    private readonly Action _revive;
    private readonly TimeProvider _clock;
    private readonly bool _refusesPublished;
    private readonly Action<string> _say;
    private readonly PendingKeys _pending;
    private readonly SemaphoreSlim _one = new(1);
    private DateTimeOffset _usesSaved;
    private bool _isUsesTold;

    /// <param name="operators">The way to the kernel.</param>
    /// <param name="ledger">The keys.</param>
    /// <param name="revive">Opens the ledger's module again if it has lost its keys.</param>
    /// <param name="clock">For what waits too long.</param>
    /// <param name="refusesPublished">In production.</param>
    /// <param name="say">Gets what became of keys.</param>
    public KeyDesk(OperatorDesk operators, KeyLedger ledger, Action revive, TimeProvider clock, bool refusesPublished, Action<string> say)
    {
        (_operators, _ledger, _revive, _clock, _refusesPublished, _say) = (operators, ledger, revive, clock, refusesPublished, say);
        _pending = new PendingKeys(ledger.Hsm, clock);
        _usesSaved = clock.GetUtcNow();
    }

    private IPaymentHsm Hsm => _ledger.Hsm;

    public Task<KeyDone> Enter(ComponentTold told, ReadOnlyMemory<byte> component)
    {
        var problems = new List<string>();
        var attributes = KeyText.Read(told.Usage, told.Algorithm, told.Mode, told.Exportability, problems);
        var expires = Terms(told.Label, told.Expires, problems);
        var custodian = Named(told.Operator, "operator", problems);
        Refuse(problems);
        var terms = new ComponentTerms(told.Label!, attributes!.Value, told.Bits, told.Of, told.Next, expires);
        return Alone(async notes =>
        {
            CheckMayCome(told.Label!, told.Next, notes);
            var taken = _pending.Enter(in terms, told.Part, custodian, component.Span);
            if (taken.Problem is { } problem) throw new KeyRefusedException(KeyRefusal.NotNow, problem);
            if (taken.Key is null)
            {
                _say($"key {told.Label}: part {told.Part} of {told.Of} by {custodian}");
                return new KeyDone(null, taken.CheckValue, taken.Missing);
            }

            var line = await BringIn(told.Label!, taken.Key, KeyAct.Formed, taken.Custodians, told.Next, expires, notes).ConfigureAwait(false);
            return new KeyDone(line, taken.CheckValue);
        });
    }

    public Task<KeyDone> Generate(KeyToGenerate wanted)
    {
        var problems = new List<string>();
        var attributes = KeyText.Read(wanted.Usage, wanted.Algorithm, wanted.Mode, wanted.Exportability, problems);
        var expires = Terms(wanted.Label, wanted.Expires, problems);
        var two = Two(wanted.Operator, wanted.Second, problems);
        Refuse(problems);
        return Alone(async notes =>
        {
            CheckMayCome(wanted.Label!, wanted.Next, notes);
            return new KeyDone(await Make(wanted.Label!, attributes!.Value, wanted.Bits, two, wanted.Next, expires, notes).ConfigureAwait(false));
        });
    }

    public Task<KeyDone> Import(KeyToImport wanted)
    {
        var problems = new List<string>();
        var expires = Terms(wanted.Label, wanted.Expires, problems);
        var two = Two(wanted.Operator, wanted.Second, problems);
        if (KeyLedger.ProblemOf(wanted.Kek) is not null) problems.Add("kek: the label of a key of usage K0 or K1");
        if (wanted.Block is not { Length: > 0 and <= KeyBlockHeader.BlockCharactersMax }) problems.Add("block: a key block of X9.143");
        Refuse(problems);
        return Alone(async notes =>
        {
            CheckMayCome(wanted.Label!, wanted.Next, notes);
            var block = Encoding.ASCII.GetBytes(wanted.Block!);
            if (!_ledger.TryCurrent(wanted.Kek!, out var kek)) throw new KeyRefusedException(KeyRefusal.NotNow, $"kek: no key {wanted.Kek}");
            var result = Hsm.ImportKeyBlock(kek, block, out var key);
            // While it is being changed, the other party may have wrapped by the key before.
            if (result == HsmResult.KeyBlockMac && _ledger.TryPrevious(wanted.Kek!, out kek)) result = Hsm.ImportKeyBlock(kek, block, out key);
            Check(result, "the key block");
            if (!string.IsNullOrEmpty(wanted.CheckValue) && !key!.CheckValue.StartsWith(wanted.CheckValue, StringComparison.OrdinalIgnoreCase))
            {
                Hsm.RemoveKey(key);
                throw new KeyRefusedException(KeyRefusal.NotNow, $"the key has check value {key.CheckValue}, not {wanted.CheckValue}: it is not taken");
            }

            _ledger.Used(kek!);
            return new KeyDone(await BringIn(wanted.Label!, key!, KeyAct.Imported, two, wanted.Next, expires, notes).ConfigureAwait(false));
        });
    }

    public Task<KeyDone> Export(KeyToExport wanted)
    {
        var problems = new List<string>();
        var two = Two(wanted.Operator, wanted.Second, problems);
        if (KeyLedger.ProblemOf(wanted.Label) is { } wrong) problems.Add(wrong);
        if (KeyLedger.ProblemOf(wanted.Kek) is not null) problems.Add("kek: the label of a key of usage K0 or K1");
        Refuse(problems);
        return Alone(async notes =>
        {
            var note = wanted.Version == 0 ? The(wanted.Label!, KeyState.Current, notes) : The(wanted.Label!, wanted.Version, notes);
            if (!_ledger.TryFind(note.Label, note.Version, out var key)) throw new KeyRefusedException(KeyRefusal.NotNow, "the version is retired");
            if (!_ledger.TryCurrent(wanted.Kek!, out var kek)) throw new KeyRefusedException(KeyRefusal.NotNow, $"kek: no key {wanted.Kek}");
            var block = new byte[KeyBlockHeader.BlockCharactersMax];
            Check(Hsm.ExportKeyBlock(kek, key, block, out var characters), $"key {note.Label}");
            _ledger.Used(kek);
            // It is on record before it leaves.
            var line = await Record(Noted(in note, note.State, KeyAct.Exported, two)).ConfigureAwait(false);
            return new KeyDone(line, Block: Encoding.ASCII.GetString(block, 0, characters));
        });
    }

    public Task<KeyDone> Rotate(KeyToRotate wanted)
    {
        var problems = new List<string>();
        var expires = Terms(wanted.Label, wanted.Expires, problems);
        var two = Two(wanted.Operator, wanted.Second, problems);
        Refuse(problems);
        return Alone(async notes =>
        {
            if (wanted.Activate) return await Activate(wanted.Label!, two, notes).ConfigureAwait(false);
            var current = The(wanted.Label!, KeyState.Current, notes);
            CheckMayCome(wanted.Label!, isNext: true, notes);
            if (!_ledger.TryFind(current.Label, current.Version, out var key)) throw new KeyRefusedException(KeyRefusal.NotNow, "there is no such key");
            return new KeyDone(await Make(current.Label, key.Attributes, key.Bits, two, isNext: true, expires, notes).ConfigureAwait(false));
        });
    }

    public Task<KeyDone> Retire(KeyToRetire wanted)
    {
        var problems = new List<string>();
        var two = Two(wanted.Operator, wanted.Second, problems);
        if (KeyLedger.ProblemOf(wanted.Label) is { } wrong) problems.Add(wrong);
        Refuse(problems);
        return Alone(async notes =>
        {
            var note = The(wanted.Label!, wanted.Version, notes);
            if (note.State == KeyState.Retired) throw new KeyRefusedException(KeyRefusal.NotNow, $"version {note.Version} is retired already");
            if (note.State == KeyState.Current && !wanted.Compromised)
            {
                throw new KeyRefusedException(
                    KeyRefusal.NotNow, $"version {note.Version} is current: rotate first; one that others may know goes at once with --compromised");
            }

            var act = wanted.Compromised ? KeyAct.Compromised : KeyAct.Retired;
            return new KeyDone(await Record(Noted(in note, KeyState.Retired, act, two)).ConfigureAwait(false));
        });
    }

    public async Task<KeyInventory> Inventory()
    {
        KeyInventory? found = null;
        await Alone(notes =>
        {
            found = new KeyInventory(
                [.. notes.Select(note => Line(in note))], [.. _pending.Waiting.Select(each => new KeyWaiting(each.Label, each.Missing))]);
            return Task.FromResult(new KeyDone(null));
        }).ConfigureAwait(false);
        return found!;
    }

    /// <summary>Wipes components that nobody completed, and keys that are out of use; writes uses down once a minute. Called every second.</summary>
    public void Tidy()
    {
        if (!_one.Wait(0)) return;                           // A ceremony is under way: the next time.
        try
        {
            _pending.WipeOverdue();
            _ledger.Sweep();
            if (_clock.GetUtcNow() - _usesSaved >= UsesSavedEvery) SaveUses();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Adds what there is to see of keys.</summary>
    public void AddMetrics(MetricsPage page)
    {
        page.Gauge(
            "sunny_key_age_days", "Days since a key came, by label and state.", ["label", "state"],
            () => InUse().Select(note => new Measured([note.Label, Word(note.State)], Today() - note.Made)));
        page.Gauge(
            "sunny_key_expires_in_days", "Days until the day by which a key is to be changed, where one was said.", ["label", "state"],
            () => InUse().Where(note => note.Expires != 0).Select(note => new Measured([note.Label, Word(note.State)], note.Expires - Today())));
        page.Counter(
            "sunny_key_uses_total", "Uses of keys, by label and state.", ["label", "state"],
            () => _ledger.Uses().Select(use => new Measured([use.Label, Word(use.State)], use.Count)));
    }

    public void Dispose()
    {
        SaveUses();
        _pending.Dispose();
        _one.Dispose();
    }

    // They are for people to look at: what cannot be written is told once, and stops nothing.
    private void SaveUses()
    {
        _usesSaved = _clock.GetUtcNow();
        try
        {
            _ledger.SaveUses();
            _isUsesTold = false;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            if (!_isUsesTold) _say($"WARNING: uses of keys are not written down: {failed.Message}");
            _isUsesTold = true;
        }
    }

    private IEnumerable<KeyNote> InUse() => _ledger.Notes.Where(note => note.State != KeyState.Retired);

    private int Today() => (int)(_clock.GetUtcNow().UtcDateTime - DateTime.UnixEpoch).TotalDays;

    /// <summary>One ceremony at a time, on what the kernel knows now; a command that got no answer in time has come to an end by then.</summary>
    private async Task<KeyDone> Alone(Func<IReadOnlyList<KeyNote>, Task<KeyDone>> act)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            _revive();
            _pending.Hsm = _ledger.Hsm;
            return await act(await Follow().ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (InvalidDataException wrong)
        {
            throw new KeyRefusedException(KeyRefusal.NotNow, wrong.Message);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new KeyRefusedException(KeyRefusal.DiskFull, failed.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<IReadOnlyList<KeyNote>> Follow()
    {
        var command = await _operators.Ask(CommandKind.KeysShow, _ => { }).ConfigureAwait(false);
        foreach (var line in _ledger.Follow(command.Keys)) _say(line);
        return command.Keys;
    }

    private async Task<KeyDone> Activate(string label, IReadOnlyList<string> two, IReadOnlyList<KeyNote> notes)
    {
        var next = The(label, KeyState.Next, notes);
        if (Of(label, KeyState.Previous, notes) is { } still)
        {
            throw new KeyRefusedException(
                KeyRefusal.NotNow, $"version {still.Version} is still previous: retire it first, since a message can be of two keys, never of three");
        }

        var noted = Noted(in next, KeyState.Current, KeyAct.Activated, two);
        noted.Replaced = Of(label, KeyState.Current, notes)?.Version ?? 0;
        return new KeyDone(await Record(noted).ConfigureAwait(false), Replaced: noted.Replaced);
    }

    private async Task<KeyLine> Make(
        string label, KeyAttributes attributes, int bits, IReadOnlyList<string> two, bool isNext, ushort expires, IReadOnlyList<KeyNote> notes)
    {
        Check(Hsm.GenerateKey(in attributes, bits, out var key), $"a key of {bits} bits");
        return await BringIn(label, key!, KeyAct.Generated, two, isNext, expires, notes).ConfigureAwait(false);
    }

    /// <summary>The block is durable before the journal names it, and the journal before the ring has it.</summary>
    private async Task<KeyLine> BringIn(
        string label, HsmKey key, KeyAct act, IReadOnlyList<string> custodians, bool isNext, ushort expires, IReadOnlyList<KeyNote> notes)
    {
        var check = KeyText.CheckValue(key);
        foreach (var other in notes)
        {
            if (other.CheckValue != check || other.Algorithm != (byte)key.Attributes.Algorithm || other.Bits != key.Bits) continue;
            Hsm.RemoveKey(key);
            throw new KeyRefusedException(
                KeyRefusal.NotNow, $"check value {key.CheckValue} is that of {other.Label} version {other.Version}: no key is used twice (PCI PIN 17, 19)");
        }

        if (PublishedKeys.NameOf(key) is { } name)
        {
            if (_refusesPublished) Hsm.RemoveKey(key);
            if (_refusesPublished) throw new KeyRefusedException(KeyRefusal.NotNow, $"the key is published ({name}): production takes none of these");
            _say($"WARNING: key {label} is published ({name}): for tests only");
        }

        var version = notes.Where(note => note.Label == label).Select(note => note.Version).DefaultIfEmpty(0U).Max() + 1;
        _ledger.Add(label, version, key);
        var noted = new KeyNoted
        {
            Version = version,
            CheckValue = check,
            Usage = (ushort)key.Attributes.Usage,
            Bits = (ushort)key.Bits,
            Expires = expires,
            Algorithm = (byte)key.Attributes.Algorithm,
            Mode = (byte)key.Attributes.Mode,
            Exportability = (byte)key.Attributes.Exportability,
            State = isNext ? KeyState.Next : KeyState.Current,
            Act = act,
        };
        Encoding.ASCII.GetBytes(label, noted.Label);
        Sign(ref noted, custodians);
        return await Record(noted).ConfigureAwait(false);
    }

    /// <summary>Journals, then brings the ring up to it; what the kernel refused is dropped again.</summary>
    private async Task<KeyLine> Record(KeyNoted noted)
    {
        var command = await _operators.Ask(CommandKind.KeyNote, asked => asked.Key = noted).ConfigureAwait(false);
        var notes = await Follow().ConfigureAwait(false);
        if (command.Outcome == CommandOutcome.JournalFull) throw new KeyRefusedException(KeyRefusal.DiskFull, "the journal's disk is full");
        if (command.Outcome == CommandOutcome.TableFull)
            throw new KeyRefusedException(KeyRefusal.NotNow, "no more versions of keys can be kept: tables.keyNotes");
        if (command.Outcome != CommandOutcome.Done) throw new KeyRefusedException(KeyRefusal.NotNow, "the key is not in a state for that");
        var done = The(noted.Label.ToString(), noted.Version, notes);
        string[] operators = [noted.Operator.ToString(), noted.SecondOperator.ToString(), noted.ThirdOperator.ToString()];
        var check = KeyText.CheckValue(done.Algorithm, done.CheckValue);
        var by = string.Join(", ", operators.Where(name => name.Length > 0));
        _say($"key {done.Label} version {done.Version}: {Word(noted.Act)} by {by}; it is {Word(done.State)}, check value {check}");
        return Line(in done);
    }

    private static KeyNoted Noted(in KeyNote note, KeyState state, KeyAct act, IReadOnlyList<string> operators)
    {
        var noted = new KeyNoted
        {
            Version = note.Version,
            CheckValue = note.CheckValue,
            Usage = note.Usage,
            Bits = note.Bits,
            Expires = note.Expires,
            Algorithm = note.Algorithm,
            Mode = note.Mode,
            Exportability = note.Exportability,
            State = state,
            Act = act,
        };
        Encoding.ASCII.GetBytes(note.Label, noted.Label);
        Sign(ref noted, operators);
        return noted;
    }

    private static void Sign(ref KeyNoted noted, IReadOnlyList<string> operators)
    {
        Encoding.ASCII.GetBytes(operators[0], noted.Operator);
        Encoding.ASCII.GetBytes(operators[1], noted.SecondOperator);
        if (operators.Count > 2) Encoding.ASCII.GetBytes(operators[2], noted.ThirdOperator);
    }

    private static void CheckMayCome(string label, bool isNext, IReadOnlyList<KeyNote> notes)
    {
        var (next, current) = (Of(label, KeyState.Next, notes), Of(label, KeyState.Current, notes));
        var problem = next is { } waits ? $"version {waits.Version} of {label} is next already: activate or retire it first"
            : !isNext && current is { } there ? $"{label} is there, version {there.Version}: a further version comes with --next"
            : isNext && current is null ? $"there is no key {label} yet, so no next one"
            : null;
        if (problem is not null) throw new KeyRefusedException(KeyRefusal.NotNow, problem);
    }

    private static KeyNote? Of(string label, KeyState state, IReadOnlyList<KeyNote> notes)
    {
        foreach (var note in notes) if (note.Label == label && note.State == state) return note;
        return null;
    }

    private static KeyNote The(string label, KeyState state, IReadOnlyList<KeyNote> notes) =>
        Of(label, state, notes) ?? throw new KeyRefusedException(KeyRefusal.NotNow, $"{label} has no {Word(state)} version");

    private static KeyNote The(string label, long version, IReadOnlyList<KeyNote> notes)
    {
        foreach (var note in notes) if (note.Label == label && note.Version == version) return note;
        throw new KeyRefusedException(KeyRefusal.NotNow, $"there is no key {label} version {version}");
    }

    private KeyLine Line(in KeyNote note) => new(
        note.Label, note.Version, KeyText.Usage(note.Usage), $"{(char)note.Mode}", $"{(char)note.Algorithm}{note.Bits}", $"{(char)note.Exportability}",
        KeyText.CheckValue(note.Algorithm, note.CheckValue), Word(note.State), Date(note.Made), Date(note.Since), Date(note.Expires),
        _ledger.UsesOf(note.Label, note.Version), note.Custodians,
        _ledger.TryFind(note.Label, note.Version, out var key) ? PublishedKeys.NameOf(key) ?? "" : "");

    private static string Date(ushort day) => day == 0 ? "" : DateTime.UnixEpoch.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static ushort Terms(string? label, string? expires, List<string> problems)
    {
        if (KeyLedger.ProblemOf(label) is { } wrong) problems.Add(wrong);
        if (string.IsNullOrEmpty(expires)) return 0;
        var isDate = DateOnly.TryParseExact(expires, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            && date.Year is >= 2000 and < 2100;
        if (!isDate) problems.Add("expires: a date, YYYY-MM-DD");
        return isDate ? (ushort)(date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) : (ushort)0;
    }

    private static string Named(string? name, string at, List<string> problems)
    {
        var trimmed = name?.Trim() ?? "";
        var isGood = trimmed.Length is > 0 and <= Text16.Characters && trimmed.All(letter => letter is > ' ' and <= '~');
        if (!isGood) problems.Add($"{at}: who does it, 1 to {Text16.Characters} characters without blanks");
        return trimmed;
    }

    private static string[] Two(string? first, string? second, List<string> problems)
    {
        var (one, other) = (Named(first, "operator", problems), Named(second, "second", problems));
        if (string.Equals(one, other, StringComparison.OrdinalIgnoreCase)) problems.Add("second: another person than the operator (dual control)");
        return [one, other];
    }

    private static void Refuse(List<string> problems)
    {
        if (problems.Count > 0) throw new KeyRefusedException(KeyRefusal.WrongInput, problems);
    }

    private static void Check(HsmResult result, string what)
    {
        if (result != HsmResult.Done) throw new KeyRefusedException(KeyRefusal.NotNow, $"{what}: {result.Text()}");
    }
}
