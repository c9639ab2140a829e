import VisionTransformer

/// Rows of evidence for one quantity, divided into those that constants are fitted to and those that are set aside
/// before, to test the fit.
///
/// Rows whose label says that nothing is fitted to them are set aside; beyond these, steps in the order of a hash until
/// one in four is, and at least three. Steps that differ only in clipping, rematerialization, classes or devices are on
/// the same side, because they tell nearly the same.
package struct EvidenceSplit: Sendable {
  /// The rows that constants are fitted to.
  package private(set) var training: [ValidationRow] = []
  /// The rows that are set aside.
  package private(set) var heldOut: [ValidationRow] = []
  /// Steps that were set aside by the hash.
  private let drawn: Set<Step>

  /// One of so many steps is set aside.
  static let heldOutShare = 4
  /// At least so many steps are set aside.
  static let leastHeldOut = 3

  /// Divides those of `rows` that have `quantity`.
  package init(_ rows: some Sequence<ValidationRow>, quantity: EvidenceQuantity) {
    let rows = rows.filter { $0.comparison[quantity] != nil }
    let steps = Set(rows.map(Step.init))
    let labelled = Set(rows.filter(\.isNeverFittedTo).map(Step.init))
    let wanted = max(Self.leastHeldOut, (steps.count + Self.heldOutShare - 1) / Self.heldOutShare)
    let others = steps.subtracting(labelled).map { ($0.hash, $0) }.sorted { $0.0 < $1.0 }
    drawn = Set(others.prefix(max(0, wanted - labelled.count)).map(\.1))
    for row in rows {
      let step = Step(row)
      if labelled.contains(step) || drawn.contains(step) { heldOut.append(row) } else { training.append(row) }
    }
  }

  /// Distinct configurations among the rows that constants are fitted to.
  package var trainingSteps: Int { Set(training.map(\.comparison.evidence.configuration.unnamed)).count }

  /// Whether a row, which may be of another quantity, is of a step that the hash set aside.
  package func sets(aside row: ValidationRow) -> Bool { drawn.contains(Step(row)) }

  /// What decides on which side a row is.
  private struct Step: Hashable {
    var shape: Shape
    var batch, imageSize: Int
    var head: Head
    var optimizer: Optimizer
    var precision: Precision

    init(_ row: ValidationRow) {
      let configuration = row.comparison.evidence.configuration
      shape = configuration.shape
      batch = configuration.batch
      imageSize = configuration.imageSize
      head = configuration.head
      optimizer = configuration.optimizer
      precision = configuration.precision
    }

    /// The same in every run and on every machine.
    ///
    /// Source: FNV-1a, 64 bits; draft-eastlake-fnv.
    var hash: UInt64 {
      let text = "\(shape) \(batch) \(imageSize) \(head.rawValue) \(optimizer.rawValue) \(precision.rawValue)"
      return text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
  }
}

extension ValidationRow {
  /// Whether its label says that nothing is fitted to it.
  fileprivate var isNeverFittedTo: Bool {
    switch comparison.evidence.label {
    case .shared, .heldOut: true
    case .tuned, nil: false
    }
  }
}
