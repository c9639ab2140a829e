/// Colours of the settings: the paper's orange, green and blue, in variants that colour-blind readers can distinguish.
///
/// Source: the hues are those of Okabe and Ito, "Color Universal Design" (2008). The ramps run from a dark to a light
/// variant, both visible on black and on white backgrounds.
enum FitPalette {
  /// A setting's colour from slow to fast, and the letter of the plain map.
  struct Hue: Sendable {
    var letter: Character
    var dark: RGB
    var middle: RGB
    var light: RGB
    /// The nine levels on a 256-colour terminal, chosen by eye, because the nearest colours vary in hue.
    var indexed: [UInt8]

    /// Level 1 to 9.
    func shade(_ level: Int) -> RGB {
      let half = SpeedScale.levels / 2
      let step = min(max(level - 1, 0), 2 * half)
      return step <= half
        ? dark.mixed(with: middle, part: step, of: half) : middle.mixed(with: light, part: step - half, of: half)
    }

    /// Level 1 to 9 on a terminal.
    func color(_ level: Int) -> Color {
      let index = level - 1
      return .exact(shade(level), indexed: indexed.indices.contains(index) ? indexed[index] : nil)
    }
  }

  static let hues = [
    Hue(
      letter: "O", dark: RGB(0x8A5000), middle: RGB(0xE08A00), light: RGB(0xFFC766),
      indexed: [94, 94, 130, 172, 172, 214, 214, 221, 222]),
    Hue(
      letter: "G", dark: RGB(0x00694A), middle: RGB(0x009E73), light: RGB(0x7FDBB9),
      indexed: [29, 29, 35, 35, 36, 42, 78, 79, 115]),
    Hue(
      letter: "B", dark: RGB(0x1B4F91), middle: RGB(0x1F77C4), light: RGB(0xA6D3F7),
      indexed: [25, 25, 26, 26, 32, 32, 74, 117, 153]),
    Hue(
      letter: "P", dark: RGB(0x7D3562), middle: RGB(0xCC79A7), light: RGB(0xEDB7D3),
      indexed: [96, 96, 132, 132, 169, 175, 175, 182, 218]),
    Hue(
      letter: "V", dark: RGB(0x8C3300), middle: RGB(0xD55E00), light: RGB(0xFFB78A),
      indexed: [94, 130, 130, 166, 166, 202, 208, 209, 216]),
    Hue(
      letter: "Y", dark: RGB(0x6B6400), middle: RGB(0xC9BD1A), light: RGB(0xE6DC6E),
      indexed: [58, 100, 100, 142, 142, 184, 184, 185, 185]),
  ]

  /// The hue of a setting.
  static func hue(_ setting: Int) -> Hue { hues[min(max(setting, 0), hues.count - 1)] }

  /// A marked shape: its letter, dark on white on any background.
  static let mark = Style(
    color: .exact(RGB(0x000000), indexed: 16), background: .exact(RGB(0xFFFFFF), indexed: 231), isBold: true)

  /// A shape whose speed was measured while other work disturbed it.
  static func disturbed(on color: Color) -> Styled {
    Styled("*", Style(color: .exact(RGB(0x000000), indexed: 16), background: color, isBold: true))
  }

  /// A shape with a compiler's answer; no background if it fits in no setting.
  static func compiled(on color: Color?) -> Styled {
    guard let color else { return Styled(compiledSign, .bold) }
    return Styled(compiledSign, Style(color: .exact(RGB(0x000000), indexed: 16), background: color, isBold: true))
  }

  /// The sign beside the letter of such a shape.
  static let compiledSign = "°"

  /// The colour of uncertain cells.
  static let uncertain = Color.exact(RGB(0x8C8C8C), indexed: 245)
}
