/// What a module says of itself, and what of it no compiler takes.
struct ModuleFacts: Sendable, Hashable {
  /// `mhlo.num_partitions`; nil where it has none.
  var statedPartitions: Int?
  /// `mhlo.num_replicas`; nil where it has none.
  var replicas: Int?
  /// Devices of the largest mesh of Shardy; nil where there is none.
  var meshDevices: Int?
  /// Devices of the largest sharding of GSPMD, `{devices=[8,1]<=[8]}`; nil where there is none.
  var tiledDevices: Int?
  /// Whether its shardings are Shardy's, as operations and attributes of `sdy` or as `xla.sdy` attributes of the frontend.
  var usesShardy = false
  /// Arguments of `main`; nil where they cannot be counted.
  var argumentCount: Int?
  /// Where the values of a constant were left out when it was printed.
  var omission: Place?
  /// The first type whose shape is not fixed, with its place.
  var openType: OpenType?

  /// Where something stands.
  struct Place: Sendable, Hashable {
    /// From 1; nil in bytecode.
    var line: Int?
  }

  /// A type with dimensions of any size.
  struct OpenType: Sendable, Hashable {
    /// As it is written, such as `tensor<?x3x224x224xf32>`.
    var text: String
    var place: Place
  }

  /// Parts that it is divided into; nil where nothing tells.
  var partitions: Int? { statedPartitions ?? meshDevices ?? tiledDevices }

  /// Takes in a mesh of `devices`.
  mutating func add(mesh devices: Int) { meshDevices = max(meshDevices ?? 1, devices) }
  /// Takes in a sharding over `devices`.
  mutating func add(tiles devices: Int) { tiledDevices = max(tiledDevices ?? 1, devices) }

  /// The product of `sizes`; nil where one is below 1, or where there are more devices than any machine has.
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
