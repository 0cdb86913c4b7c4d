using SunnySwitch.Core.State;
using SunnySwitch.Host.Options;
using SunnySwitch.Hsm;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Pkcs11;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Host.Serving;

/// <summary>
/// The module that ceremonies are held with, the master key, and what it wraps: data keys and the ledger of keys, compared with what the journal
/// knows of them. By default a module in this process, under a master key in a file; else a token, which holds both.
/// </summary>
internal sealed class Keys : IDisposable
{
    private readonly List<IDisposable> _owned;

    private Keys(DataKeys dataKeys, KeyLedger ledger, params IDisposable[] owned) => (DataKeys, Ledger, _owned) = (dataKeys, ledger, [.. owned]);

    public DataKeys DataKeys { get; }

    public KeyLedger Ledger { get; }

    /// <summary>Opens what the folder has, or makes it in an empty one.</summary>
    /// <exception cref="InvalidDataException">Something is missing, damaged or another's: what, and what to do.</exception>
    /// <exception cref="OptionsException">The configuration's token cannot be used, or production is not content.</exception>
    public static Keys Open(SwitchOptions options, string dataFolder, string? config, SwitchState state, Action<string> say)
    {
        var notes = state.KeyNotes();
        var hasKeys = notes.Any(note => note.State != KeyState.Retired);
        // Folders of before there were data keys hold no sealed PAN.
        var hasPans = state.SealedPanCount > 0;
        var opened = options.Hsm is { Module: "pkcs11" } tokens
            ? InToken(options, tokens, dataFolder, Security.FolderOf(config), hasKeys, hasPans, say)
            : InProcess(dataFolder, hasKeys, hasPans, say);
        var ledger = opened.Ledger;
        foreach (var line in ledger.Follow(notes)) say(line);
        Production.Check(options, ledger.Hsm.Name, ledger.Hsm.IsSecureDevice, isMasterAFile: opened.IsMasterAFile, ledger);
        foreach (var published in ledger.Published()) say($"WARNING: {published}: for tests only");
        var labels = notes.Count(note => note.State == KeyState.Current);
        say($"ledger: {labels} current key{(labels == 1 ? "" : "s")} in the {ledger.Hsm.Name} module, under its master key {ledger.MasterCheck}");
        return opened;
    }

    /// <summary>
    /// Where a token has lost its session, and with it its keys: logs in again and opens them. A wrong PIN is never shown twice. One ceremony at a time.
    /// </summary>
    /// <exception cref="InvalidDataException">The token cannot be used: why.</exception>
    public void Revive()
    {
        if (OpenAgain is null || Master is not { } master || master.Key.Works()) return;
        Pkcs11Hsm? hsm = null;
        try
        {
            hsm = OpenAgain();
            var seal = new Pkcs11KeySeal(hsm);
            seal.TakeMaster(Ledger.Master);
            // First what is asked whether it works: where the rest fails, the next ceremony tries again.
            master.Key.Reopen(master.Path, hsm, seal);
            Ledger.Reopen(hsm, seal);
            // The one before is closed at the end: whoever is in a call of it comes back.
            _owned.Add(hsm);
        }
        catch (Exception broken) when (broken is Pkcs11Exception or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            hsm?.Dispose();
            throw new InvalidDataException($"hsm.tokens.0: {broken.Message}");
        }
    }

    public void Dispose()
    {
        DataKeys.Dispose();
        foreach (var each in _owned) each.Dispose();
    }

    private bool IsMasterAFile { get; init; }

    private (HsmMasterKey Key, string Path)? Master { get; init; }

    private Func<Pkcs11Hsm>? OpenAgain { get; init; }

    private static Keys InProcess(string dataFolder, bool hasKeys, bool hasPans, Action<string> say)
    {
        var blocks = Path.Combine(dataFolder, "keys.blocks");
        if (File.Exists(Path.Combine(dataFolder, "master.blocks")))
            throw new InvalidDataException($"{dataFolder} is of a token (master.blocks): configure hsm.module pkcs11 with that token, or name another folder");
        var master = FileMasterKey.Open(Path.Combine(dataFolder, "master.key"), !hasPans && !hasKeys && !File.Exists(blocks));
        var dataKeys = DataKeys.Open(Path.Combine(dataFolder, "data.keys"), master, !hasPans);
        Say(dataKeys, $"in a file, check {master.Check}", say);
        var hsm = new SoftwareHsm();
        var seal = new SoftwareKeySeal(hsm, master);
        return new Keys(dataKeys, KeyLedger.Open(blocks, hsm, seal, mayCreate: !hasKeys), seal, hsm, master) { IsMasterAFile = true };
    }

    private static Keys InToken(
        SwitchOptions options, HsmOptions wanted, string dataFolder, string folder, bool hasKeys, bool hasPans, Action<string> say)
    {
        if (File.Exists(Path.Combine(dataFolder, "master.key")))
            throw new InvalidDataException($"{dataFolder} is under a master key in a file (master.key): it cannot change over to a token; name another folder");
        var first = wanted.Tokens[0];
        Pkcs11Hsm? hsm = null;
        try
        {
            // Its own sessions: threads of the desk have theirs.
            hsm = Token.Open(first, folder, sessions: 2);
            // Before anything is made in it.
            Production.Check(options, hsm.Name, hsm.IsSecureDevice, isMasterAFile: false, ledger: null);
            var seal = new Pkcs11KeySeal(hsm);
            var ledger = KeyLedger.Open(Path.Combine(dataFolder, "keys.blocks"), hsm, seal, mayCreate: !hasKeys && !hasPans);
            var path = Path.Combine(dataFolder, "master.blocks");
            var master = HsmMasterKey.Open(path, hsm, seal, mayCreate: !hasPans);
            var dataKeys = DataKeys.Open(Path.Combine(dataFolder, "data.keys"), master, mayCreate: !hasPans);
            Say(dataKeys, $"in token {first.Name}, check {master.Check}", say);
            return new Keys(dataKeys, ledger, hsm) { Master = (master, path), OpenAgain = () => Token.Open(first, folder, sessions: 2) };
        }
        catch (Exception broken) when (broken is Pkcs11Exception or IOException or UnauthorizedAccessException)
        {
            hsm?.Dispose();
            throw new OptionsException([$"hsm.tokens.0: {broken.Message}"]);
        }
    }

    private static void Say(DataKeys dataKeys, string where, Action<string> say)
    {
        var count = dataKeys.Vault.CurrentKey;
        say($"keys: {count} data key{(count == 1 ? "" : "s")} under the master key {where}");
    }
}
