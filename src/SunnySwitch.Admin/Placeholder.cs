namespace SunnySwitch.Admin;

internal static class Placeholder;
