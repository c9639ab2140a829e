import VisionTransformer

/// Numbers of configurations that are the same in every process and on every machine: equal for equal questions, whatever
/// their shapes are called.
///
/// The number is a hash of the contract's text: every key of the setting, then the numbers of the shape, as results have
/// them. So the number of a stored result can be read off its line. One value remembers the last setting, so that the
/// configurations of a column share its part.
package struct ConfigurationIdentity: Sendable {
  private var writer = JSONWriter()
  private var last: (setting: Configuration.Setting, hash: UInt64)?

  /// Numbers of configurations.
  package init() {}

  /// The number of a configuration.
  package mutating func callAsFunction(_ configuration: Configuration) -> UInt64 {
    let start: UInt64
    if let last, last.setting == configuration.setting {
      start = last.hash
    } else {
      writer.removeAll()
      writer.fields(configuration.setting, apartFromAxes: false)
      start = Self.hash(writer.bytes)
      last = (configuration.setting, start)
    }
    // What comes first needs no comma, and these keys are not the first.
    writer.removeAll()
    writer.integer(0)
    writer.numbers(configuration.shape)
    return Self.mixed(Self.hash(writer.bytes.dropFirst(), start))
  }

  /// The number of the configuration whose keys are `text`: `"device":"tpu-v3", …, "patch":14` without blanks.
  package static func of(_ text: some Sequence<UInt8>) -> UInt64 { mixed(hash(text)) }

  /// The same from the part of the text from `,"width":` on, after the hash of what comes before.
  static func of(_ text: some Sequence<UInt8>, after start: UInt64) -> UInt64 { mixed(hash(text, start)) }

  /// Source: FNV-1a, 64 bits; draft-eastlake-fnv.
  package static func hash(_ bytes: some Sequence<UInt8>, _ start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
    var hash = start
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  /// Spreads a change of any bit over all of them, so that remainders are spread too.
  ///
  /// Source: the last steps of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
  private static func mixed(_ hash: UInt64) -> UInt64 {
    var bits = hash
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
