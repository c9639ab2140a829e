/// The facts that a module states about itself, and those of its parts that no compiler accepts.
struct ModuleFacts: Sendable, Hashable {
  /// `mhlo.num_partitions`; nil if it has none.
  var statedPartitions: Int?
  /// `mhlo.num_replicas`; nil if it has none.
  var replicas: Int?
  /// Devices of Shardy's largest mesh; nil if there is none.
  var meshDevices: Int?
  /// Devices of GSPMD's largest sharding, `{devices=[8,1]<=[8]}`; nil if there is none.
  var tiledDevices: Int?
  /// Whether its shardings are Shardy's: operations and attributes of `sdy`, or `xla.sdy` frontend attributes.
  var usesShardy = false
  /// Number of arguments of `main`; nil if they cannot be counted.
  var argumentCount: Int?
  /// Position of the first constant that was printed without its values.
  var omission: Place?
  /// The first type whose shape is not fixed, with its position.
  var openType: OpenType?

  /// A position in the module.
  struct Place: Sendable, Hashable {
    /// From 1; nil in bytecode.
    var line: Int?
  }

  /// A type with dimensions of any size.
  struct OpenType: Sendable, Hashable {
    /// The type as written, such as `tensor<?x3x224x224xf32>`.
    var text: String
    var place: Place
  }

  /// Number of parts that it is divided into; nil if nothing says so.
  var partitions: Int? { statedPartitions ?? meshDevices ?? tiledDevices }

  /// Adds a mesh of `devices`.
  mutating func add(mesh devices: Int) { meshDevices = max(meshDevices ?? 1, devices) }
  /// Adds a sharding over `devices`.
  mutating func add(tiles devices: Int) { tiledDevices = max(tiledDevices ?? 1, devices) }

  /// The product of `sizes`; nil if one is below 1, or if the product exceeds `mostDevices`.
  static func devices(_ sizes: [Int]) -> Int? {
    var product = 1
    for size in sizes {
      guard size >= 1, size <= mostDevices else { return nil }
      product *= size
      guard product <= mostDevices else { return nil }
    }
    return product
  }

  /// More than any machine has.
  static let mostDevices = 1 << 20
}
