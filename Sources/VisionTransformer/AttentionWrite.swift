/// Where a device's compiler writes a tensor of attention to memory that others compute where it is read: for activations of
/// one precision, from some length of the sequence on.
public struct AttentionWrite: Sendable, Hashable {
  /// The activations' precision.
  public var precision: Precision
  /// Bytes of the logits over bytes of the queries, both as laid out, above which it is written.
  public var ratio: Double

  /// For activations of a precision, from a ratio of logits to queries on.
  public init(_ precision: Precision, above ratio: Double = 0) {
    self.precision = precision
    self.ratio = ratio
  }

  /// Reads `bfloat16` or `bfloat16 above 5.4`; nil for any other text.
  public init?(parsing text: String) {
    let words = text.split(separator: " ")
    guard let precision = words.first.flatMap({ Precision(rawValue: String($0)) }) else { return nil }
    guard words.count > 1 else {
      self.init(precision)
      return
    }
    guard words.count == 3, words[1] == "above", let ratio = Double(words[2]), ratio >= 0, ratio.isFinite else {
      return nil
    }
    self.init(precision, above: ratio)
  }
}
