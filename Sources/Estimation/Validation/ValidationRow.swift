import VisionTransformer

/// An estimate beside what a compiler, or a run, said of the same step, with the place where that stands.
public struct ValidationRow: Sendable {
  /// The rows whose errors are stated together.
  public typealias Group = EvidenceGroup

  /// File and line, such as `tpu-v3-peaks:12`, or the number of a row of a store.
  public let place: String
  /// The rows that it is counted with.
  public let group: Group
  /// The estimate and the observation.
  public let comparison: Comparison

  /// A row.
  public init(place: String, group: Group, comparison: Comparison) {
    self.place = place
    self.group = group
    self.comparison = comparison
  }

  /// The kind of evidence that the estimate is held against.
  public var evidence: EvidenceKind { group == .measured ? .measured : .compiled }
}
