import VisionTransformer

/// Reads sizes in XLA's notation: `15.48G`, `530.01M`, `88.66MiB`, `0B`, all in powers of 1024.
enum LogSize {
  /// The size at the beginning of `text`; nil if there is none.
  static func read(_ text: some StringProtocol) -> Bytes? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let value = Double(number), value.isFinite else { return nil }
    let scale: Double
    switch text[number.endIndex...].first {
    case "K": scale = 0x1p10
    case "M": scale = 0x1p20
    case "G": scale = 0x1p30
    case "T": scale = 0x1p40
    default: scale = 1
    }
    let bytes = (value * scale).rounded()
    return bytes < 0x1p62 ? Bytes(Int(bytes)) : nil
  }

  /// The size after `mark` in `text`.
  static func read(after mark: String, in text: some StringProtocol) -> Bytes? {
    guard let place = text.firstRange(of: mark) else { return nil }
    return read(text[place.upperBound...])
  }

  /// The whole number after `mark` in `text`.
  static func count(after mark: String, in text: some StringProtocol) -> Int? {
    guard let place = text.firstRange(of: mark) else { return nil }
    return Int(text[place.upperBound...].prefix { $0.isASCII && $0.isNumber })
  }
}
