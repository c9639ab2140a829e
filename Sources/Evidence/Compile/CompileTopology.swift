/// A set of cores, by the plugin's name for it.
public struct CompileTopology: Sendable, Hashable, Codable {
  /// The name, such as `v3:2x2`.
  public var name: String
  /// The plugin's own options.
  public var options: [String: NamedValue]

  /// A topology.
  public init(name: String, options: [String: NamedValue] = [:]) {
    self.name = name
    self.options = options
  }
}
