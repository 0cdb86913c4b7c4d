using Net.Pkcs11Interop.Common;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>Return values of PKCS#11 as results.</summary>
internal static class TokenErrors
{
    /// <summary>The result of a call that failed.</summary>
    public static HsmResult ResultOf(CKR value) => value switch
    {
        CKR.CKR_DEVICE_REMOVED or CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_TOKEN_NOT_RECOGNIZED or CKR.CKR_SLOT_ID_INVALID or
            CKR.CKR_SESSION_CLOSED or CKR.CKR_SESSION_HANDLE_INVALID or CKR.CKR_DEVICE_ERROR or
            CKR.CKR_CRYPTOKI_NOT_INITIALIZED => HsmResult.DeviceRemoved,
        // The module knows its keys: an object that the token does not know has gone with it, or with a session.
        CKR.CKR_KEY_HANDLE_INVALID or CKR.CKR_OBJECT_HANDLE_INVALID or CKR.CKR_WRAPPING_KEY_HANDLE_INVALID or
            CKR.CKR_UNWRAPPING_KEY_HANDLE_INVALID => HsmResult.DeviceRemoved,
        CKR.CKR_DEVICE_MEMORY or CKR.CKR_SESSION_COUNT => HsmResult.DeviceFull,
        CKR.CKR_HOST_MEMORY => HsmResult.NoMemory,
        CKR.CKR_USER_NOT_LOGGED_IN or CKR.CKR_PIN_EXPIRED => HsmResult.NotLoggedIn,
        CKR.CKR_MECHANISM_INVALID or CKR.CKR_MECHANISM_PARAM_INVALID or CKR.CKR_FUNCTION_NOT_SUPPORTED => HsmResult.NotInModule,
        CKR.CKR_KEY_FUNCTION_NOT_PERMITTED => HsmResult.KeyUsage,
        CKR.CKR_KEY_UNEXTRACTABLE or CKR.CKR_KEY_NOT_WRAPPABLE => HsmResult.KeyNotExportable,
        CKR.CKR_WRAPPED_KEY_INVALID or CKR.CKR_WRAPPED_KEY_LEN_RANGE => HsmResult.KeyBlockMac,
        _ => HsmResult.ModuleFailed,
    };

    /// <summary>Throws unless the call went well. The text names the call and its value, never what was given to it.</summary>
    public static void Check(CKR value, string call)
    {
        if (value != CKR.CKR_OK) throw Failed(value, call);
    }

    private static HsmException Failed(CKR value, string call) => new(ResultOf(value), $"{call}: {value}");
}
