/// A colour of the terminal or of a drawing.
public enum Color: Sendable, Hashable {
  /// One of the terminal's own sixteen colours, which follow the reader's theme.
  case theme(UInt8)
  /// An exact colour, and the one of 256 colours that replaces it (otherwise the nearest) on terminals with no more.
  case exact(RGB, indexed: UInt8? = nil)
}

/// Red, green and blue of the sRGB space, 0 to 255 each.
public struct RGB: Sendable, Hashable {
  /// Red.
  public var red: UInt8
  /// Green.
  public var green: UInt8
  /// Blue.
  public var blue: UInt8

  /// A colour from `0xRRGGBB`.
  public init(_ hex: UInt32) {
    red = UInt8(truncatingIfNeeded: hex >> 16)
    green = UInt8(truncatingIfNeeded: hex >> 8)
    blue = UInt8(truncatingIfNeeded: hex)
  }

  /// `#rrggbb`.
  public var hex: String {
    let digits = Array("0123456789abcdef")
    return "#" + String([red, green, blue].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// The colour `part` of `whole` steps from this one to `other`, computed in integers so that drawings are the same
  /// everywhere.
  public func mixed(with other: RGB, part: Int, of whole: Int) -> RGB {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      guard whole > 0 else { return a }
      let value = (Int(a) * (whole - part) + Int(b) * part + whole / 2) / whole
      return UInt8(clamping: value)
    }
    var result = self
    result.red = mix(red, other.red)
    result.green = mix(green, other.green)
    result.blue = mix(blue, other.blue)
    return result
  }

  /// Number of the nearest colour in the 6 x 6 x 6 cube or the grey ramp of a 256-colour terminal.
  ///
  /// Source: xterm control sequences, `ctlseqs`, "Operating System Commands", 256-colour resources.
  public var nearest256: UInt8 {
    let steps = [0, 95, 135, 175, 215, 255]
    func nearestStep(_ value: UInt8) -> Int {
      steps.indices.min { (steps[$0] - Int(value)).magnitude < (steps[$1] - Int(value)).magnitude } ?? 0
    }
    func distance(_ r: Int, _ g: Int, _ b: Int) -> Int {
      let (dr, dg, db) = (r - Int(red), g - Int(green), b - Int(blue))
      return dr * dr + dg * dg + db * db
    }
    let cube = [nearestStep(red), nearestStep(green), nearestStep(blue)]
    let mean = (Int(red) + Int(green) + Int(blue)) / 3
    let gray = min(23, max(0, (mean - 3) / 10))
    let level = 8 + 10 * gray
    if distance(level, level, level) < distance(steps[cube[0]], steps[cube[1]], steps[cube[2]]) {
      return UInt8(232 + gray)
    }
    return UInt8(16 + 36 * cube[0] + 6 * cube[1] + cube[2])
  }
}

/// The appearance of a stretch of text on a terminal that supports it.
public struct Style: Sendable, Hashable {
  /// Colour of the glyphs.
  public var color: Color?
  /// Colour behind the glyphs.
  public var background: Color?
  /// Bold.
  public var isBold: Bool
  /// Dim.
  public var isDim: Bool

  /// A style.
  public init(color: Color? = nil, background: Color? = nil, isBold: Bool = false, isDim: Bool = false) {
    self.color = color
    self.background = background
    self.isBold = isBold
    self.isDim = isDim
  }

  /// The terminal's default.
  public static let plain = Style()
  /// Headings.
  public static let bold = Style(isBold: true)
  /// Rules, axes, remarks.
  public static let dim = Style(isDim: true)
  /// Fits.
  public static let good = Style(color: .theme(2), isBold: true)
  /// Does not fit.
  public static let bad = Style(color: .theme(1), isBold: true)
  /// Uncertain.
  public static let unsure = Style(color: .theme(3), isBold: true)

  /// The control sequence that selects this style; empty for `plain`, and without colours.
  func sequence(_ depth: Terminal.ColorDepth) -> String {
    guard depth != .none, self != .plain else { return "" }
    var codes: [String] = []
    if isBold { codes.append("1") }
    if isDim { codes.append("2") }
    if let color { codes.append(Self.code(color, base: 30, depth)) }
    if let background { codes.append(Self.code(background, base: 40, depth)) }
    return "\u{1B}[" + codes.joined(separator: ";") + "m"
  }

  private static func code(_ color: Color, base: Int, _ depth: Terminal.ColorDepth) -> String {
    switch color {
    case .theme(let index): index < 8 ? "\(base + Int(index))" : "\(base + 60 + Int(index) - 8)"
    case .exact(let rgb, let indexed):
      depth == .exact
        ? "\(base + 8);2;\(rgb.red);\(rgb.green);\(rgb.blue)" : "\(base + 8);5;\(indexed ?? rgb.nearest256)"
    }
  }
}
