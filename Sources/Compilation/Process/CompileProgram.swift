import VisionTransformer

/// A StableHLO module as a compile takes it, whoever wrote it.
public struct CompileProgram: Sendable, Hashable {
  /// Text or bytecode.
  public var bytes: [UInt8]
  /// Cores that the program is for.
  public var partitions: Int
  /// Arguments of `main`; nil where they cannot be counted.
  public var argumentCount: Int?

  /// A module of `bytes`, for `partitions` cores; nil: what the text says, else one.
  ///
  /// Bytecode says neither partitions nor arguments to whoever does not decode it.
  public init(_ bytes: [UInt8], partitions: Int? = nil) {
    self.bytes = bytes
    let scan = ModuleScan(bytes)
    self.partitions = partitions ?? scan.partitions ?? 1
    argumentCount = scan.argumentCount
  }

  /// A module of text.
  public init(_ text: String, partitions: Int? = nil) { self.init(Array(text.utf8), partitions: partitions) }

  /// SHA-256 of the bytes, in hexadecimal.
  public var hash: String { SHA256.hexadecimal(bytes) }
}

/// What the text of a module says of itself.
private struct ModuleScan {
  var partitions: Int?
  var argumentCount: Int?

  init(_ bytes: [UInt8]) {
    // Bytecode begins with "MLïR".
    guard !bytes.starts(with: [0x4D, 0x4C, 0xEF, 0x52]) else { return }
    if let place = Self.find("mhlo.num_partitions = ", in: bytes[...]) {
      partitions = Int(String(decoding: bytes[place...].prefix { (0x30...0x39).contains($0) }, as: UTF8.self))
    }
    guard let main = Self.find("@main(", in: bytes[...]) else { return }
    var depth = 1, count = 0, isText = false
    for index in bytes.indices[main...] {
      let byte = bytes[index]
      if isText {
        // A quotation mark after a backslash ends no text.
        isText = !(byte == UInt8(ascii: "\"") && bytes[index - 1] != UInt8(ascii: "\\"))
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "<"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ">"): depth -= 1
      case UInt8(ascii: "%"): if depth == 1 { count += 1 }
      default: break
      }
      if depth == 0 { break }
    }
    if depth == 0 { argumentCount = count }
  }

  /// The place behind the first `text`.
  private static func find(_ text: StaticString, in bytes: ArraySlice<UInt8>) -> Int? {
    let wanted = text.withUTF8Buffer { Array($0) }
    guard let first = wanted.first, bytes.count >= wanted.count else { return nil }
    var start = bytes.startIndex
    while start <= bytes.endIndex - wanted.count, let place = bytes[start...].firstIndex(of: first) {
      if bytes[place...].starts(with: wanted) { return place + wanted.count }
      start = place + 1
    }
    return nil
  }
}
