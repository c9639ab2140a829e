/// The constants of a TPU's model that are fitted together, because one observed quantity answers for them.
package enum ConstantGroup: String, Sendable, Hashable, CaseIterable {
  /// Prices of work.
  case cycles
  /// Counts of instructions in the optimized program.
  case instructions
  /// Gaps of the heap packer.
  case packing

  /// The quantity whose errors tell how good the constants are.
  package var quantity: EvidenceQuantity {
    switch self {
    case .cycles: .cycles
    case .instructions: .rematerializationLimit
    case .packing: .total
    }
  }

  /// What is compared, in the middle of a sentence.
  package var evidence: String {
    switch self {
    case .cycles: "cycles of steps of which the compiler recomputes nothing"
    case .instructions: "limits of rematerialization in the compiler's log"
    case .packing: "totals of steps of which the compiler recomputes nothing"
    }
  }

  /// Whether a constant may be below zero: counts are those above or below a plain step's.
  package var mayBeNegative: Bool { self == .instructions }

  /// The beginning of its constants' names.
  package var prefix: String { rawValue + "." }
  /// The positions of its constants in `FittedConstants.names`.
  package var indices: [Int] { FittedConstants.names.indices.filter { FittedConstants.names[$0].hasPrefix(prefix) } }

  /// The group of a constant's name; nil if there is none.
  package init?(ofConstant name: String) {
    guard let group = Self.allCases.first(where: { name.hasPrefix($0.prefix) }) else { return nil }
    self = group
  }
}
