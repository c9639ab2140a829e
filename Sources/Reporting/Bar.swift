/// A horizontal bar with a resolution of an eighth of a column.
public enum Bar {
  private static let eighths: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]

  /// A bar of `fraction` (0 to 1, clamped) of `width` columns, without trailing blanks; a positive fraction is always
  /// visible.
  public static func text(_ fraction: Double, width: Int, isUnicode: Bool = true) -> String {
    guard fraction.isFinite, fraction > 0, width > 0 else { return "" }
    let exact = min(fraction, 1) * Double(width)
    guard isUnicode else { return String(repeating: "#", count: max(1, Int(exact.rounded()))) }
    let steps = max(1, Int((exact * 8).rounded()))
    let whole = String(repeating: "█", count: steps / 8)
    return steps % 8 == 0 ? whole : whole + String(eighths[steps % 8 - 1])
  }
}
