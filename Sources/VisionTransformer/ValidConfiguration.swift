/// A configuration that satisfies every rule of the contract: the input of an estimator.
///
/// Only `Configuration.validated()` makes one.
@dynamicMemberLookup
public struct ValidConfiguration: Sendable, Hashable {
  /// The configuration.
  public let configuration: Configuration

  /// A configuration that `Configuration.validated()` has checked.
  init(checked configuration: Configuration) { self.configuration = configuration }

  /// A property of the configuration, such as `batch` or `shape`.
  public subscript<Value>(dynamicMember path: KeyPath<Configuration, Value>) -> Value { configuration[keyPath: path] }
}
