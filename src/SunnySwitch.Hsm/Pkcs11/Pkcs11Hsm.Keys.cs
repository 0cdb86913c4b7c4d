using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Pkcs11;

/// <content>What makes and moves keys is done by the first session, one at a time: a session's objects go with it.</content>
public sealed partial class Pkcs11Hsm
{
    /// <inheritdoc/>
    public HsmResult FormKey(
        in KeyAttributes attributes, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out HsmKey? key)
    {
        key = null;
        if (!TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return engine.FormKey(in attributes, first, second, third, out key);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            GiveHome();
        }
    }

    /// <inheritdoc/>
    public HsmResult CheckComponent(KeyAlgorithm algorithm, ReadOnlySpan<byte> component, out string checkValue)
    {
        checkValue = "";
        if (!TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return engine.CheckComponent(algorithm, component, out checkValue);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            GiveHome();
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateKey(in KeyAttributes attributes, int bits, out HsmKey? key)
    {
        key = null;
        if (!TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return engine.GenerateKey(in attributes, bits, out key);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            GiveHome();
        }
    }

    /// <inheritdoc/>
    public HsmResult ImportKeyBlock(HsmKey kek, ReadOnlySpan<byte> block, out HsmKey? key)
    {
        key = null;
        if (!TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return engine.ImportKeyBlock(kek, block, out key);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            GiveHome();
        }
    }

    /// <inheritdoc/>
    public HsmResult ExportKeyBlock(HsmKey kek, HsmKey key, Span<byte> block, out int characters)
    {
        characters = 0;
        if (!TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return engine.ExportKeyBlock(kek, key, block, out characters);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            GiveHome();
        }
    }

    /// <inheritdoc/>
    public HsmResult DeriveInitialKey(HsmKey baseKey, ReadOnlySpan<byte> serial, out HsmKey? key)
    {
        key = null;
        if (!TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return engine.DeriveInitialKey(baseKey, serial, out key);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            GiveHome();
        }
    }

    /// <inheritdoc/>
    public HsmResult RemoveKey(HsmKey key)
    {
        if (!TryTakeHome(out var engine, out var result)) return result;
        try
        {
            return engine.RemoveKey(key);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            GiveHome();
        }
    }
}
