namespace SunnySwitch.Cell;

internal static class Placeholder;
