/// Versions of a device's compiler, as its names have them.
package enum CompilerVersion {
  /// The version in a compiler's name: `0.0.52` of `libtpu 0.0.52`, of `libtpu 0.0.52 (file 1c3f…)` and of
  /// `libtpu 0.0.52, jax 0.6.2`, and of `0.0.52` alone; nil if it has none.
  package static func read(_ name: String) -> String? {
    guard name.utf8.count <= 256 else { return nil }
    let words = name.split(whereSeparator: { $0 == " " || $0 == "," })
    guard let last = words.first == "libtpu" ? words.dropFirst().first : words.count == 1 ? words.first : nil,
      last.utf8.first.map({ (0x30...0x39).contains($0) }) == true,
      last.utf8.allSatisfy({ isDigitOrLetter($0) || [0x2B, 0x2D, 0x2E].contains($0) })
    else { return nil }
    return String(last)
  }

  private static func isDigitOrLetter(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}
