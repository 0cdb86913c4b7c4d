namespace SunnySwitch.Links;

internal static class Placeholder;
