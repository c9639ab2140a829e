import VisionTransformer

/// The constants that theory leaves open, fitted to evidence and stored in a data file with their origin.
public struct Calibration: Sendable, Hashable {
  /// A constant.
  public struct Constant: Sendable, Hashable {
    /// Name.
    public var name: String
    /// The value; dimensionless.
    public var value: Double
    /// What it was fitted to, and how.
    public var source: String
    /// How many programs, compiles or rows it was fitted to; nil if the source says it.
    public var rows: Int?
    /// The median relative error of the quantity that follows from it, on rows that were looked at; nil if there is
    /// none.
    public var residual: Double?
  }

  /// Name, such as `tpu-v3`.
  public let name: String
  /// The constants in the order of the file.
  public let constants: [Constant]

  /// The values by name.
  public var values: [String: Double] {
    Dictionary(constants.map { ($0.name, $0.value) }) { first, _ in first }
  }

  private enum Key: String, CaseIterable {
    case value, values, source, rows, residual
  }

  /// Reads a calibration file. It maps names to `{value: 0.85, source: ...}`, or groups of constants that were fitted
  /// together to `{source: ..., values: {product: 1.045}}`, which gives names such as `cycles.product`. `rows` and
  /// `residual` may stand beside a source.
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
      let shown = excerpt(of: name)
      guard case .mapping = value.content else {
        throw value.error(notValid(shown, "\(value.looseValue)", "must be {value: ..., source: ...}"))
      }
      let fields = try YAMLMapping<Key>(value, path: shown + ".")
      let source = try fields.text(.source)
      let rows = fields[.rows] == nil ? nil : try fields.integer(.rows, through: 1_000_000)
      let residual = try fields[.residual].map { node throws(CatalogError) in
        try node.fraction(named: fields.name(.residual))
      }
      func add(_ name: String, _ node: YAMLNode) throws(CatalogError) {
        constants.append(
          Constant(
            name: name, value: try node.number(named: excerpt(of: name)), source: source, rows: rows,
            residual: residual))
      }
      guard let values = fields[.values] else {
        try add(name, try fields.required(.value))
        continue
      }
      guard case .mapping(let members) = values.content else {
        throw fields.error(.values, values, "must be a mapping of names to numbers")
      }
      guard fields[.value] == nil else { throw value.error("\(shown): has value and values, and can have only one") }
      for (key, node) in members {
        guard let member = key.text, !member.isEmpty else { throw key.error("\(key.looseValue) is not a name") }
        let whole = name + "." + member
        guard FittedConstants.known.contains(whole) else {
          throw key.error(
            "\(excerpt(of: whole)) is not a constant of the model"
              + suggestion(for: whole, among: FittedConstants.names))
        }
        try add(whole, node)
      }
    }
    self.constants = constants
  }

  /// The uncertain band of the device with this name; ranges that are missing here are taken from `other`.
  ///
  /// - Throws: `CatalogError` if a range's end, such as `livePeakLeast`, is missing in both or not above zero.
  func uncertainBand(elseOf other: Calibration) throws(CatalogError) -> UncertainBand {
    var band = UncertainBand.none
    let values = other.values.merging(values) { $1 }
    for regime in UncertainBand.Regime.allCases {
      let name = regime.rawValue
      guard let least = values[name + "Least"], let most = values[name + "Most"], least > 0, least <= most else {
        throw CatalogError(
          file: "calibrations/\(self.name).yaml",
          problem: "\(name)Least and \(name)Most must be there, positive, and in this order")
      }
      band[regime] = least...most
    }
    return band
  }

  /// The model's constants for the device with this name; those that are missing here are taken from `other`.
  ///
  /// - Throws: `CatalogError` if one is missing in both, or if a share, factor or rate is not above zero.
  func fittedConstants(elseOf other: Calibration) throws(CatalogError) -> FittedConstants {
    let values = other.values.merging(values) { $1 }
    return try FittedConstants { name, neutral throws(CatalogError) in
      guard let value = values[name], neutral == 0 || value > 0 else {
        throw CatalogError(
          file: "calibrations/\(self.name).yaml",
          problem: "\(name) must be there, a number" + (neutral == 0 ? "" : " above zero"))
      }
      return value
    }
  }

  /// Whether the file has constants of the model, and not only ranges of the band.
  var hasConstants: Bool { constants.contains { FittedConstants.known.contains($0.name) } }

  /// The calibration in `file`, with what it lacks taken from the bundled file of the same name: a user's own file may
  /// hold only what was fitted anew.
  func completed(from file: CatalogFile) throws(CatalogError) -> Calibration {
    guard let bundled = CatalogFile.bundled.first(where: { $0.path == file.path }), bundled.text != file.text
    else { return self }
    let own = values
    let others = try Calibration(bundled).constants.filter { own[$0.name] == nil }
    return Calibration(name: name, constants: others + constants)
  }

  private init(name: String, constants: [Constant]) {
    self.name = name
    self.constants = constants
  }
}
