using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>
/// A token's library, loaded and initialised once in the process however many modules use it, and finalised with the last of them.
/// </summary>
internal sealed class TokenLibrary : IDisposable
{
    private const ulong OsLocking = 2;
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, TokenLibrary> Loaded = new(StringComparer.Ordinal);
    private readonly string _path;
    private int _users;

    private TokenLibrary(string path, Pkcs11Library calls) => (_path, Calls) = (path, calls);

    /// <summary>The library's functions.</summary>
    public Pkcs11Library Calls { get; }

    /// <summary>Loads it, or counts one more user of it.</summary>
    /// <exception cref="Pkcs11Exception">It is not there, or does not start.</exception>
    public static TokenLibrary Load(string path)
    {
        lock (Gate)
        {
            if (!Loaded.TryGetValue(path, out var library))
            {
                library = new TokenLibrary(path, Start(path));
                Loaded.Add(path, library);
            }

            library._users++;
            return library;
        }
    }

    /// <summary>The slot of a token, by number or label, and what the token says of itself.</summary>
    /// <exception cref="Pkcs11Exception">There is none, or more than one.</exception>
    public (ulong Slot, CK_TOKEN_INFO Token) Find(Pkcs11Options options)
    {
        var count = 0UL;
        Ask(Calls.C_GetSlotList(true, null!, ref count), "C_GetSlotList");
        var slots = new ulong[count];
        Ask(Calls.C_GetSlotList(true, slots, ref count), "C_GetSlotList");
        var found = new List<(ulong Slot, CK_TOKEN_INFO Token)>();
        var labels = new List<string>();
        foreach (var slot in slots.AsSpan(0, (int)count))
        {
            var token = default(CK_TOKEN_INFO);
            if (Calls.C_GetTokenInfo(slot, ref token) != CKR.CKR_OK) continue;
            var label = Encoding.UTF8.GetString(token.Label).TrimEnd();
            if (label.Length > 0) labels.Add(label);
            if (options.Slot is { } number ? number == slot : label == options.TokenLabel) found.Add((slot, token));
        }

        if (found.Count == 1) return found[0];
        var wanted = options.Slot is { } wantedSlot ? $"slot {wantedSlot}" : $"label {options.TokenLabel}";
        throw new Pkcs11Exception(
            Pkcs11Problem.NoToken,
            found.Count == 0
                ? $"{_path}: no token with {wanted}; there are: {(labels.Count == 0 ? "none" : string.Join(", ", labels))}"
                : $"{_path}: {found.Count} tokens with {wanted}: name the slot instead");
    }

    /// <summary>One user less; finalised with the last.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (--_users > 0) return;
            Loaded.Remove(_path);
            Calls.C_Finalize(IntPtr.Zero);
            Calls.Dispose();
        }
    }

    private void Ask(CKR value, string call)
    {
        if (value != CKR.CKR_OK) throw new Pkcs11Exception(Pkcs11Problem.Failed, $"{_path}: {call}: {value}");
    }

    private static Pkcs11Library Start(string path)
    {
        if (OperatingSystem.IsWindows()) throw new Pkcs11Exception(Pkcs11Problem.Library, "tokens are used on Linux and macOS only");
        ResolveLibdl();
        Pkcs11Library? calls = null;
        try
        {
            calls = new Pkcs11Library(path);
            var value = calls.C_Initialize(new CK_C_INITIALIZE_ARGS { Flags = OsLocking });
            if (value is CKR.CKR_OK or CKR.CKR_CRYPTOKI_ALREADY_INITIALIZED) return calls;
            calls.Dispose();
            throw new Pkcs11Exception(Pkcs11Problem.Failed, $"{path}: C_Initialize: {value}; look into the library's own configuration and log");
        }
        catch (Exception error) when (error is UnmanagedException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            calls?.Dispose();
            throw new Pkcs11Exception(Pkcs11Problem.Library, $"{path}: no PKCS#11 library could be loaded from there: {error.Message}", error);
        }
    }

    // The package asks for libdl, which newer systems have as libdl.so.2 only.
    private static bool _isResolved;

    private static void ResolveLibdl()
    {
        if (_isResolved) return;
        _isResolved = true;
        NativeLibrary.SetDllImportResolver(typeof(Pkcs11Library).Assembly, Resolve);
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        OperatingSystem.IsLinux() && name == "libdl" && NativeLibrary.TryLoad("libdl.so.2", out var library) ? library : IntPtr.Zero;
}
