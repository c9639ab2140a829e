/// A quantity that an estimate and an observation both have.
public enum EvidenceQuantity: String, Sendable, Hashable, CaseIterable {
  /// Parameters, optimizer state and live temporaries before automatic rematerialization. The compiler's figure
  /// excludes images and labels, and so does the estimate.
  case livePeak = "live peak"
  /// Parameters, optimizer state, images and labels, with tile padding.
  case arguments
  /// Bytes that the compiler reports as used, where nothing was rematerialized, or the peak of a measured run. The
  /// compiler counts the packer's gaps twice, and so does the estimate.
  case total
  /// Bytes that the compiler reports as used, where it rematerialized.
  case rematerializedTotal = "total, rematerialized"
  /// The total less the arguments, where nothing was rematerialized.
  case temporaries
  /// Gaps that the heap packer leaves, where nothing was rematerialized; counted twice, as in the total.
  case packing
  /// The live peak at which rematerialization starts.
  case rematerializationLimit = "rematerialization limit"
  /// The live peak after rematerialization.
  case reducedPeak = "live peak, rematerialized"
  /// Cycles of a step without its all-reduce, for which the compiler counts none, where nothing was rematerialized.
  case cycles
  /// Cycles of a step without its all-reduce, where the compiler rematerialized.
  case rematerializedCycles = "cycles, rematerialized"
  /// Time of a step that was run.
  case stepTime = "step time"

  /// Name in files and in machine-readable answers, such as `livePeak`.
  public var key: String { "\(self)" }

  /// Whether it is a time or a number of cycles, rather than bytes.
  public var isTime: Bool { self == .cycles || self == .rematerializedCycles || self == .stepTime }
}
