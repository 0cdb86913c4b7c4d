namespace SunnySwitch.Hsm.Software;

/// <summary>What the software module takes.</summary>
public sealed record SoftwareHsmOptions : HsmModuleOptions;
