import Synchronization

/// Collects the remarks about an answer, each sentence once.
final class Remarked: Sendable {
  private let sentences = Mutex<[String]>([])

  func take(_ sentence: String) {
    sentences.withLock { if !$0.contains(sentence), $0.count < 8 { $0.append(sentence) } }
  }

  /// The sentences in visible ASCII, as a header requires.
  var all: [String] {
    sentences.withLock { $0 }.map { sentence in
      String(String.UnicodeScalarView(sentence.unicodeScalars.prefix(400).map { (" "..."~").contains($0) ? $0 : "?" }))
    }
  }
}

/// A digest of bytes in sixteen hexadecimal digits, which only serves to tell answers apart.
///
/// Source: FNV-1a, 64 bits, over words of eight bytes; draft-eastlake-fnv.
func hexadecimal(_ bytes: [UInt8]) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  bytes.withUnsafeBytes { buffer in
    var offset = 0
    while offset + 8 <= buffer.count {
      hash = (hash ^ buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x100_0000_01b3
      hash ^= hash >> 32
      offset += 8
    }
    for byte in buffer[offset...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
