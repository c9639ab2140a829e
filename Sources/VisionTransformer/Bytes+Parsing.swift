/// Why a text is not a size.
public enum SizeError: Error, Sendable, Hashable {
  /// No number, or an unknown unit.
  case noSize
  /// Larger than 2^62 bytes.
  case tooLarge
  /// A number without a unit, too small to be meant in bytes; `unit` is the one that was probably forgotten.
  case needsUnit(String, unit: String)

  /// What is expected: `24 bytes? write 24GiB`.
  public var rule: String { rule(quoted: false) }

  /// The same rule, with sizes in the quotes that a JSON string needs.
  public func rule(quoted: Bool) -> String {
    let quote = quoted ? "\"" : ""
    return switch self {
    case .noSize:
      "must be a whole number of bytes such as 16000000000, or a size with its unit such as \(quote)15.48GiB\(quote)"
    case .tooLarge: "is too large: must be below 4EiB"
    case .needsUnit(let number, let unit): "\(number) bytes? write \(quote)\(number)\(unit)\(quote)"
    }
  }
}

extension Bytes {
  /// Whether a count is too small to be meant in bytes: no device has less than a mebibyte of memory.
  static func needsUnit(_ count: Double) -> Bool { count > 0 && count < 0x1p20 }

  /// Reads `15.48GiB`, `512 MiB`, `2G`, `2Gi`, `2GB` (decimal: 2,000,000,000), or a plain count of bytes, such as
  /// `1e10`. A count below 1 MiB needs its unit: `512B`.
  ///
  /// - Throws: `SizeError`.
  public init(parsing text: String) throws(SizeError) {
    let trimmed = text.filter { !$0.isWhitespace }
    let written = Self.number(at: trimmed)
    let suffix = trimmed[written.endIndex...].lowercased()
    guard let scale = Self.scale(of: suffix), let number = DecimalNumber(written.filter { $0 != "_" }) else {
      throw .noSize
    }
    // `15.48` would be 15 bytes, which nobody means.
    guard scale > 1 || number.isWhole else {
      guard suffix.isEmpty, let value = number.floor(times: 1), Self.needsUnit(Double(value) + 0.5) else {
        throw .noSize
      }
      throw .needsUnit(String(written), unit: "GiB")
    }
    guard let bytes = number.floor(times: scale), bytes < 1 << 62 else { throw .tooLarge }
    if suffix.isEmpty, let error = Self.missingUnit(bytes) { throw error }
    self.init(bytes)
  }

  /// The bytes in one `unit`, given in lower case: `gib`, `gi` (as in Kubernetes) and `g` are binary, `gb` is decimal;
  /// nil for an unknown unit.
  private static func scale(of unit: String) -> Int? {
    if unit.isEmpty || unit == "b" { return 1 }
    // A lone `e` begins a power of ten.
    guard let letter = unit.first, let power = ["k", "m", "g", "t", "p", "e"].firstIndex(of: letter), unit != "e" else {
      return nil
    }
    switch unit.dropFirst() {
    case "", "i", "ib": return 1 << (10 * (power + 1))
    case "b": return (0...power).reduce(1) { product, _ in product * 1000 }
    default: return nil
    }
  }

  /// The leading number of a text: digits with a decimal point, and a power of ten if digits follow the `e`.
  private static func number(at text: String) -> Substring {
    func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
    let digits = text.prefix { isDigit($0) || $0 == "." || $0 == "_" }
    var power = text[digits.endIndex...]
    guard !digits.isEmpty, power.popFirst()?.lowercased() == "e" else { return digits }
    if let sign = power.first, sign == "+" || sign == "-" { power.removeFirst() }
    let end = power.prefix(while: isDigit).endIndex
    return end > power.startIndex ? text[..<end] : digits
  }

  /// The error for a plain count too small to be meant in bytes, otherwise nil.
  public static func missingUnit(_ count: Int) -> SizeError? {
    // Counts up to a thousand are taken for gibibytes; larger ones for mebibytes, which `nvidia-smi` and `free` print.
    needsUnit(Double(count)) ? .needsUnit("\(count)", unit: count < 1024 ? "GiB" : "MiB") : nil
  }
}
