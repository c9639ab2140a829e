/// The rows whose errors are stated together.
public enum EvidenceGroup: String, Sendable, Hashable, CaseIterable {
  /// Compiled before the model was; nothing is fitted to it.
  case shared
  /// Compiled and looked at while the structure of the model was found.
  case tuned
  /// Drawn at random beforehand and not looked at until the model was done.
  case heldOut = "held-out"
  /// Compiled by this package; from a store, the user's own.
  case compiled
  /// Run and timed.
  case measured
}

extension ObservedEvidence.Label {
  /// The group of rows with this label.
  public var group: EvidenceGroup {
    switch self {
    case .shared: .shared
    case .tuned: .tuned
    case .heldOut: .heldOut
    }
  }
}
