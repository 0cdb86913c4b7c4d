global using Decoder = SunnySwitch.Protocol.Codec.Decoder;
global using Xunit;
