import VisionTransformer

/// The constants that theory leaves open, fitted to evidence and kept in a data file with their origin.
public struct Calibration: Sendable, Hashable {
  /// A constant.
  public struct Constant: Sendable, Hashable {
    /// Name.
    public var name: String
    /// Value; a pure number.
    public var value: Double
    /// What it was fitted to, and how.
    public var source: String
  }

  /// Name, such as `tpu-v3`.
  public let name: String
  /// The constants in the order of the file.
  public let constants: [Constant]

  /// The values by name.
  public var values: [String: Double] {
    Dictionary(constants.map { ($0.name, $0.value) }) { first, _ in first }
  }

  /// Reads a calibration file: a flat mapping of names to `{value: 0.85, source: ...}`.
  ///
  /// - Throws: `CatalogError`.
  init(_ file: CatalogFile) throws(CatalogError) {
    let node = try YAMLNode(parsing: file)
    guard case .mapping(let pairs) = node.content else {
      throw node.error(notValid(nil, "\(node.looseValue)", "must be a mapping of names to {value: ..., source: ...}"))
    }
    name = file.name
    var constants: [Constant] = []
    for (key, value) in pairs {
      guard let name = key.text, !name.isEmpty else { throw key.error("\(key.looseValue) is not a name") }
      let sourced = try SourcedNode(value, name: excerpt(of: name))
      let number: Double
      switch sourced.value.looseValue {
      case .integer(let value): number = Double(value)
      case .number(let value, _): number = value
      case let other: throw sourced.value.error(notValid(excerpt(of: name), "\(other)", "must be a number"))
      }
      constants.append(Constant(name: name, value: number, source: sourced.source))
    }
    self.constants = constants
  }

  /// The uncertain band of a device of this name; constants that are not here are those of `other`.
  ///
  /// - Throws: `CatalogError` where one of the constants, such as `livePeakLeast`, is missing in both or not above zero.
  func uncertainBand(elseOf other: Calibration) throws(CatalogError) -> UncertainBand {
    var band = UncertainBand.none
    let values = other.values.merging(values) { $1 }
    for (name, range) in UncertainBand.names {
      guard let least = values[name + "Least"], let most = values[name + "Most"], least > 0, least <= most else {
        throw CatalogError(
          file: "calibrations/\(self.name).yaml",
          problem: "\(name)Least and \(name)Most must be there, positive, and in this order")
      }
      band[keyPath: range] = least...most
    }
    return band
  }
}
