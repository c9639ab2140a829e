import VisionTransformer

/// Tokens of a model other than patches and class token, such as `4 register tokens`. The training step here has none:
/// a negligible number is left out, and with more the model counts as a different one.
struct ExtraTokens {
  var count: Int
  /// The subject of a sentence: `its register tokens are`.
  var subject: String

  /// The share of tokens below which they are negligible, because a layout's padding exceeds it: 4 of 256 are 1.6 %.
  private static let negligible = 0.03

  init(count: Int, subject: String) {
    self.count = count
    self.subject = subject
  }

  /// Reads `4 register tokens`; nil for any other text.
  init?(_ text: String) {
    let words = text.split(separator: " ", maxSplits: 1)
    guard words.count == 2, let count = Int(words[0]), (1...4096).contains(count) else { return nil }
    self.init(count: count, subject: "its \(words[1]) \(count == 1 ? "is" : "are")")
  }

  /// Whether the tokens are negligible, and a sentence that says they are left out or why they cannot be.
  func judged(imageSize: Int, patch: Int, head: Head?) -> (isFew: Bool, text: String) {
    let side = imageSize / max(1, patch)
    let own = side.multipliedReportingOverflow(by: side).partialValue + (head == .token ? 1 : 0)
    let share = Double(count) / Double(max(1, own))
    let (all, percents) = (own.addingReportingOverflow(count).partialValue, fixed(share * 100, digits: 1))
    guard share <= Self.negligible else {
      return (false, "must be few: \(own) tokens instead of \(all) would be another step (\(percents) %)")
    }
    return (true, "\(subject) left out: \(own) tokens instead of \(all) (\(percents) %)")
  }
}
