/// A configuration that keeps every rule of the contract: what an estimator takes.
///
/// `Configuration.validated()` is the only way to one.
@dynamicMemberLookup
public struct ValidConfiguration: Sendable, Hashable {
  /// The configuration.
  public let configuration: Configuration

  /// What `Configuration.validated()` has checked.
  init(checked configuration: Configuration) { self.configuration = configuration }

  /// A value of the configuration, such as `batch` or `shape`.
  public subscript<Value>(dynamicMember path: KeyPath<Configuration, Value>) -> Value { configuration[keyPath: path] }
}
