import VisionTransformer

/// Estimates held against evidence: how large their errors are, how verdicts come out, and whether what is stated about
/// them holds.
public struct Validation: Sendable {
  /// The rows.
  public let rows: [ValidationRow]
  /// The statements about the devices of the rows, held against the rows.
  public let statements: [HeldStatement]

  /// A validation.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - stated: What is stated, for any devices; those of other devices than the rows' are left out.
  public init(_ rows: [ValidationRow], stated: [StatedAccuracy]) {
    self.rows = rows
    let devices = Set(rows.map(\.comparison.device.name)), groups = Set(rows.map(\.group))
    statements = stated.filter { devices.contains($0.device) }.flatMap { stated in
      stated.statements.filter { groups.contains($0.group) }
        .map { HeldStatement($0, device: stated.device, rows) }
    }
  }

  /// Whether no row contradicts what is stated.
  public var holds: Bool { !statements.contains { $0.outcome == .fails } }

  /// The groups of rows that there are, in their order.
  public var groups: [ValidationRow.Group] {
    ValidationRow.Group.allCases.filter { group in rows.contains { $0.group == group } }
  }
}

extension Sequence<ValidationRow> {
  /// The rows with an error in `quantity`, largest first.
  public func worst(_ quantity: EvidenceQuantity) -> [(row: ValidationRow, pair: Comparison.Pair)] {
    compactMap { row in row.comparison[quantity].map { (row, $0) } }
      .sorted { ($0.1.error.magnitude, $1.0.place) > ($1.1.error.magnitude, $0.0.place) }
  }
}

extension Comparison {
  /// A part of a step's bytes whose error is part of the total's.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// Parameters, optimizer state, images and labels.
    case arguments
    /// What lives beside them at the peak.
    case temporaries = "live temporaries"
    /// The heap packer's gaps.
    case packing
  }

  /// The part whose bytes the estimate misses most, and by how many, positive where the estimate is too high; nil where
  /// the evidence does not tell the parts apart.
  public var missedPart: (part: Part, bytes: Bytes)? {
    guard let arguments = self[.arguments] else { return nil }
    let packing = self[.packing].map { $0.estimated - $0.observed }
    let whole = self[.total] ?? self[.livePeak]
    guard let whole else { return nil }
    let own = arguments.estimated - arguments.observed
    let gaps = self[.total] == nil ? 0 : packing ?? 0
    let misses: [(Part, Double)] = [
      (.arguments, own), (.temporaries, whole.estimated - whole.observed - own - gaps), (.packing, gaps),
    ]
    return misses.max { $0.1.magnitude < $1.1.magnitude }.map { ($0.0, Bytes(saturating: $0.1)) }
  }
}
