/// What is wrong with a configuration: the key, the value that was given, and the rule it breaks.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The key of the JSON contract, such as `shape.heads`.
  public var key: String
  /// The value as it was given.
  public var value: String
  /// The rule, and what to do.
  public var rule: String

  /// An error about `key`.
  public init(key: String, value: String, rule: String) {
    self.key = key
    self.value = value
    self.rule = rule
  }

  /// What an error shows for a value that was not given.
  public static let noValue = "nothing"
  /// The beginning of the rule that an unknown key breaks.
  public static let unknownKey = "is not a known key"

  /// `shape.heads: 7 is not valid: must divide the width 768`; for a value that was not given, `shape.patch is
  /// required`.
  public var description: String {
    notValid(key.isEmpty ? nil : key, value, rule)
  }
}

extension Configuration {
  /// Largest accepted value of each integer key: far beyond any real model, yet small enough that no product overflows.
  public enum Limits {
    /// Width of the residual stream.
    public static let width = 1 << 17
    /// Width of the MLP's hidden layer.
    public static let mlpWidth = 1 << 20
    /// Encoder blocks.
    public static let depth = 10_000
    /// Patch and image sides in pixels.
    public static let imageSize = 1 << 14
    /// Images a core.
    public static let batch = 1 << 20
    /// Classifier outputs.
    public static let classes = 1 << 24
    /// Cores.
    public static let dataParallel = 1 << 20
    /// Bytes of a memory.
    public static let memory = Bytes(1 << 58)
    /// Bytes of one tensor, and of a whole step: larger sizes are rejected before they are multiplied.
    public static let stepBytes = 0x1p58
  }

  /// Checks every rule of the contract.
  ///
  /// - Throws: `ConfigurationError` naming the first key that breaks a rule.
  @discardableResult
  public func validated() throws(ConfigurationError) -> ValidConfiguration {
    try checkRange("shape.width", shape.width, Limits.width)
    try checkRange("shape.depth", shape.depth, Limits.depth)
    try checkRange("shape.mlpWidth", shape.mlpWidth, Limits.mlpWidth)
    try checkRange("shape.heads", shape.heads, Limits.width)
    try checkRange("shape.patch", shape.patch, Limits.imageSize)
    try checkRange("batch", batch, Limits.batch)
    try checkRange("imageSize", imageSize, Limits.imageSize)
    try setting.checkCounts()
    guard shape.width % shape.heads == 0 else {
      throw ConfigurationError(
        key: "shape.heads", value: "\(shape.heads)", rule: "must divide the width \(shape.width)")
    }
    guard imageSize >= shape.patch else {
      throw ConfigurationError(
        key: "imageSize", value: "\(imageSize)", rule: "must be at least the patch size \(shape.patch)")
    }
    try setting.checkMemoryLimit()
    guard stepBytesBound < Limits.stepBytes else {
      throw ConfigurationError(
        key: "", value: "this configuration",
        rule: "a step would need more than 2^58 bytes; check batch, imageSize and patch")
    }
    return ValidConfiguration(checked: self)
  }

  /// An upper bound on all bytes that a step touches, far above what it needs, growing with every size.
  var stepBytesBound: Double {
    let b = Double(batch), t = Double(tokens) + 128, d = Double(shape.width) + 128, m = Double(shape.mlpWidth) + 128
    let perBlock = b * Double(shape.heads) * t * t + b * t * (8 * d + 4 * m) + d * (4 * d + 2 * m)
    let ends = (b + d) * (Double(classes) + 128) + b * Double(imageSize) * Double(imageSize) * 128
    return 64 * (perBlock * Double(shape.depth) + ends)
  }
}

extension Configuration.Setting {
  /// Checks every rule of the contract that a setting can break without a shape, except those for batch and image size,
  /// which are axes of a grid.
  ///
  /// - Throws: `ConfigurationError` naming the first key that breaks a rule.
  package func checkApartFromAxes() throws(ConfigurationError) {
    try checkCounts()
    try checkMemoryLimit()
  }

  fileprivate func checkCounts() throws(ConfigurationError) {
    try checkRange("classes", classes, Configuration.Limits.classes)
    try checkRange("dataParallel", dataParallel, Configuration.Limits.dataParallel)
  }

  fileprivate func checkMemoryLimit() throws(ConfigurationError) {
    guard let memoryLimit, memoryLimit.count < 1 || memoryLimit > Configuration.Limits.memory else { return }
    throw ConfigurationError(
      key: "memoryLimit", value: "\(memoryLimit.count)", rule: "must be a positive number of bytes, to 2^58")
  }
}

private func checkRange(_ key: String, _ value: Int, _ limit: Int) throws(ConfigurationError) {
  guard value >= 1, value <= limit else {
    throw ConfigurationError(key: key, value: "\(value)", rule: "must be between 1 and \(limit)")
  }
}
