/// Further facts of one piece of evidence, such as a compiler's buffers or the times of a trial's steps.
public struct EvidenceDetail: Sendable, Hashable {
  /// What a detail is about. Modules that produce details add theirs as static members.
  public struct Aspect: RawRepresentable, Sendable, Hashable {
    /// The word in the store.
    public var rawValue: String
    /// The aspect of that word.
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  /// What it is about; at most one detail of each aspect.
  public var aspect: Aspect
  /// The facts, a JSON document.
  public var json: String

  /// A detail.
  public init(aspect: Aspect, json: String) {
    self.aspect = aspect
    self.json = json
  }
}
