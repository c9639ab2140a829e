/// Additional facts about one piece of evidence, such as a compiler's buffers or the times of a trial's steps.
public struct EvidenceDetail: Sendable, Hashable {
  /// The subject of a detail. Modules that produce details add theirs as static members.
  public struct Aspect: RawRepresentable, Sendable, Hashable {
    /// The aspect's name in the store.
    public var rawValue: String
    /// The aspect with that name.
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  /// The subject; at most one detail for each aspect.
  public var aspect: Aspect
  /// The facts, as a JSON document.
  public var json: String

  /// A detail.
  public init(aspect: Aspect, json: String) {
    self.aspect = aspect
    self.json = json
  }
}
