import Evidence
import VisionTransformer

extension CompileTopology {
  /// The smallest topology of a device of the catalog, such as `tpu-v3`, with at least `partitions` cores.
  ///
  /// - Throws: `ConfigurationError` with the known devices, or with the largest number of cores.
  public init(device: String, partitions: Int) throws(ConfigurationError) {
    guard let family = Self.families.first(where: { $0.device == device }) else {
      throw ConfigurationError(
        key: "device", value: "\"\(device)\"",
        rule: "no compiler that can be installed knows it: there are " + Self.devices.joined(separator: ", "))
    }
    guard partitions >= 1, let shape = family.shapes.first(where: { $0.cores >= partitions }) else {
      throw ConfigurationError(
        key: "dataParallel", value: "\(partitions)",
        rule: "must be 1 to \(family.shapes.last?.cores ?? 1): so many cores of \(device) are compiled for at once")
    }
    self.init(name: family.name + ":" + shape.name, options: family.options)
  }

  /// Devices of the catalog that libtpu compiles for.
  public static var devices: [String] { families.map(\.device) }

  /// The largest number of cores of a device that can be compiled for; nil if no compiler supports it.
  public static func mostCores(of device: String) -> Int? {
    families.first { $0.device == device }?.shapes.last?.cores
  }

  /// A generation of TPUs: its topologies, smallest first, with the number of cores in each.
  private struct Family {
    var device: String
    var name: String
    var options: [String: NamedValue] = [:]
    var shapes: [(name: String, cores: Int)]
  }

  // Devices as the topology counts them: two for each chip up to v3, then one. libtpu treats the cores of a v4 as
  // separate unless it is told that the chip runs megacore, as JAX's runtime does; for v5p it knows.
  private static let families: [Family] = [
    Family(device: "tpu-v2", name: "v2", shapes: square),
    Family(device: "tpu-v3", name: "v3", shapes: square),
    Family(device: "tpu-v4", name: "v4", options: ["chip_config_name": .string("megacore")], shapes: cube),
    Family(device: "tpu-v4-core", name: "v4", shapes: cube.map { ($0.0, 2 * $0.1) }),
    Family(device: "tpu-v5e", name: "v5e", shapes: flat),
    Family(device: "tpu-v5p", name: "v5p", shapes: cube),
    Family(device: "tpu-v6e", name: "v6e", shapes: flat),
  ]
  private static let square = [("2x2", 8), ("4x4", 32), ("8x8", 128), ("16x16", 512)]
  private static let cube = [("2x2x1", 4), ("2x2x2", 8), ("2x2x4", 16), ("2x4x4", 32), ("4x4x4", 64)]
  private static let flat = [
    ("2x2", 4), ("2x4", 8), ("4x4", 16), ("4x8", 32), ("8x8", 64), ("8x16", 128), ("16x16", 256),
  ]
}
