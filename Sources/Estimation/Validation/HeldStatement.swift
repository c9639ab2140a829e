import VisionTransformer

/// A statement held against rows.
public struct HeldStatement: Sendable, Hashable {
  /// How it came out.
  public enum Outcome: String, Sendable, Hashable {
    /// The rows agree.
    case holds
    /// The rows contradict it.
    case fails
    /// There are too few rows to contradict it.
    case tooFewRows = "too few rows"
  }

  /// The device that it is about.
  public var device: String
  /// The statement.
  public var statement: StatedAccuracy.Statement
  /// Rows that it is held against.
  public var rows: Int
  /// The figure of the rows; nil if there are none.
  public var found: Double?

  /// A statement about `device` held against those of `rows` that it is about.
  public init(_ statement: StatedAccuracy.Statement, device: String, _ rows: some Sequence<ValidationRow>) {
    self.device = device
    self.statement = statement
    let comparisons = rows.filter { $0.group == statement.group && $0.comparison.device.name == device }
      .map(\.comparison)
    guard let quantity = statement.quantity else {
      let outcomes = comparisons.outcomes
      self.rows = outcomes.count
      let hit = statement.figure == .wrong ? outcomes.wrong : outcomes.uncertain
      found = outcomes.count == 0 ? nil : Double(hit) / Double(outcomes.count)
      return
    }
    let errors = comparisons.errors(of: quantity)
    self.rows = errors?.count ?? 0
    found = errors.map { errors in
      switch statement.figure {
      case .median: errors.median
      case .ninetieth: errors.ninetieth
      default: errors.largest
      }
    }
  }

  /// How it came out.
  public var outcome: Outcome {
    guard let found, rows >= statement.figure.leastRows else { return .tooFewRows }
    return found <= statement.most ? .holds : .fails
  }
}
