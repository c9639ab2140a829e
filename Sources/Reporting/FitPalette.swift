/// Colours of the settings: the paper's orange, green and blue in variants that colour-blind readers tell apart.
///
/// Source: the hues are those of Okabe and Ito, "Color Universal Design" (2008); the ramps run from a dark to a light variant.
enum FitPalette {
  /// A setting's colour from slow to fast, and the letter of the plain map.
  struct Hue: Sendable {
    var letter: Character
    var dark: RGB
    var middle: RGB
    var light: RGB
    /// The nine levels on a terminal of 256 colours, chosen by eye: the nearest colours wander in hue.
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
      letter: "O", dark: RGB(0x7A4300), middle: RGB(0xE08A00), light: RGB(0xFFD58A),
      indexed: [94, 94, 130, 130, 172, 172, 214, 215, 222]),
    Hue(
      letter: "G", dark: RGB(0x004D36), middle: RGB(0x009E73), light: RGB(0x8FE3C4),
      indexed: [22, 22, 29, 29, 35, 36, 78, 115, 158]),
    Hue(
      letter: "B", dark: RGB(0x062E5C), middle: RGB(0x1F77C4), light: RGB(0xA6D3F7),
      indexed: [17, 17, 25, 25, 26, 32, 74, 117, 153]),
    Hue(
      letter: "P", dark: RGB(0x5A1F45), middle: RGB(0xCC79A7), light: RGB(0xF5CFE3),
      indexed: [53, 53, 96, 132, 132, 175, 175, 182, 225]),
    Hue(
      letter: "V", dark: RGB(0x661F00), middle: RGB(0xD55E00), light: RGB(0xFFB78A),
      indexed: [52, 52, 88, 88, 166, 166, 202, 209, 216]),
    Hue(
      letter: "Y", dark: RGB(0x5C5600), middle: RGB(0xC9BD1A), light: RGB(0xF5EE9E),
      indexed: [58, 58, 100, 100, 142, 142, 184, 185, 228]),
  ]

  /// The hue of a setting.
  static func hue(_ setting: Int) -> Hue { hues[min(max(setting, 0), hues.count - 1)] }

  /// Where nobody knows.
  static let uncertain = Color.exact(RGB(0x8C8C8C), indexed: 245)
}
