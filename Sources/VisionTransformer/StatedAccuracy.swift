/// What the package states about the errors of its estimates for one device: `shapes/accuracy/`.
public struct StatedAccuracy: Sendable, Hashable {
  /// A figure that a statement bounds.
  public enum Figure: String, Sendable, Hashable, CaseIterable {
    /// The median error, nine errors in ten, the largest error.
    case median, ninetieth, largest
    /// The share of verdicts that are wrong or uncertain.
    case wrong, uncertain

    /// Whether it is a share of verdicts, rather than an error of a quantity.
    public var isOfVerdicts: Bool { self == .wrong || self == .uncertain }

    /// The least number of rows that can contradict a statement about it: a median of fewer than 9 rows, or nine in ten
    /// of fewer than 10, says little of the next row; a single row contradicts a largest error.
    public var leastRows: Int {
      switch self {
      case .median: 9
      case .ninetieth, .uncertain: 10
      case .largest, .wrong: 1
      }
    }
  }

  /// One statement: a figure of some rows is at most so much.
  public struct Statement: Sendable, Hashable {
    /// The rows.
    public var group: EvidenceGroup
    /// The quantity; nil for a share of verdicts.
    public var quantity: EvidenceQuantity?
    /// The figure.
    public var figure: Figure
    /// The most that it is, as a fraction.
    public var most: Double
    /// Where it is stated.
    public var source: String

    /// A statement.
    public init(group: EvidenceGroup, quantity: EvidenceQuantity?, figure: Figure, most: Double, source: String) {
      self.group = group
      self.quantity = quantity
      self.figure = figure
      self.most = most
      self.source = source
    }
  }

  /// The device, such as `tpu-v3`.
  public var device: String
  /// The statements, in the order of the file.
  public var statements: [Statement]

  /// Statements about a device.
  public init(device: String, statements: [Statement]) {
    self.device = device
    self.statements = statements
  }
}
