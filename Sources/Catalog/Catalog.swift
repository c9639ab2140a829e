import Foundation
import VisionTransformer

/// The named shapes, devices, grids and calibrations, which people edit as YAML files under `shapes/`.
public struct Catalog: Sendable {
  /// Named shapes without their patch, in the order of `vit.yaml`.
  public var variants: [Variant] { parts.variants.value.variants }
  /// Devices by name.
  public var devices: [DeviceFile] { parts.devices.map(\.content.value) }
  /// Names of the devices, in order.
  package var deviceNames: [String] { parts.devices.map(\.name) }
  /// Devices by name as their files describe them, for display: without the band and constants, which the calibrations
  /// add.
  package var describedDevices: [DeviceFile] { parts.describedDevices.map(\.content.value) }
  /// Grids by name.
  public var grids: [GridFile] { parts.grids.map(\.content.value) }
  /// Calibrations by name.
  public var calibrations: [Calibration] { parts.calibrations.map(\.content.value) }

  private let parts: CatalogParts
  private var names: ShapeNames { parts.names }

  /// The bundled catalog, shared by all callers; each file is parsed once, when it is first needed.
  private static let own = Catalog(parts: CatalogParts(CatalogFile.bundled))

  /// The catalog compiled into the program: the files of `shapes/` at the time of the build.
  ///
  /// - Throws: `CatalogError`; never in a released program, whose catalog is tested.
  public static func bundled() throws(CatalogError) -> Catalog { own }

  /// A folder laid out like `shapes/`, added to the bundled catalog: its `devices/`, `grids/` and `calibrations/` add
  /// to the bundled files and replace those of the same name. The variants of its `vit.yaml` do the same among
  /// variants, and the values of a calibration among those of the bundled one.
  ///
  /// A folder with only `grids/mine.yaml` is enough, and bundled grids keep the shapes and devices they name.
  ///
  /// - Throws: `CatalogError` with file, line and column.
  public init(directory: URL) throws(CatalogError) {
    let files = try CatalogFile.files(in: directory)
    for file in files where file.part == .names { _ = try ShapeNaming(file) }
    let own = Set(files.map(\.path)).subtracting([CatalogPart.shapes.rawValue])
    self.init(parts: CatalogParts(CatalogFile.bundled.filter { !own.contains($0.path) } + files))
    // The bundled files are tested, so that they are parsed only when needed.
    try parts.check(files)
  }

  /// A catalog from its files, all of them parsed; if there is more than one `vit.yaml`, the later one's variants win.
  init(files: [CatalogFile]) throws(CatalogError) {
    self.init(parts: CatalogParts(files))
    try parts.check(files)
  }

  private init(parts: CatalogParts) { self.parts = parts }

  /// Every shape at the patches it was published with: `ViT-G/14`.
  public var namedShapes: [(name: String, shape: Shape, source: String)] {
    variants.flatMap { variant in
      variant.patches.map { (variant.shapeName(patch: $0), variant.shape(patch: $0), variant.source) }
    }
  }

  /// The variant that a shape's name means; `ViT-` and the patch may be left out.
  ///
  /// - Throws: `ConfigurationError` naming the closest names.
  public func variant(named name: String) throws(ConfigurationError) -> Variant {
    let body = name.hasPrefix("ViT-") ? String(name.dropFirst(4)) : name
    if let variant = parts.variants.value[body] { return variant }
    return try names.resolve(names.reading(ofShape: name).name).variant
  }

  /// The device with that name.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  public func device(named name: String) throws(ConfigurationError) -> Device { try deviceFile(named: name).device }

  /// The device with that name, with the source of every figure.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  public func deviceFile(named name: String) throws(ConfigurationError) -> DeviceFile {
    let own = try names.reading(ofDevice: name).name
    guard let device = parts.devices.first(where: { $0.name == own }) else {
      throw unknown("device", name, known: deviceNames)
    }
    return device.content.value
  }

  /// The grid with that name.
  ///
  /// - Throws: `ConfigurationError` naming the grids there are.
  public func grid(named name: String) throws(ConfigurationError) -> GridFile {
    if let grid = parts.grids.first(where: { $0.name == name }) { return grid.content.value }
    let word = name.utf8.count <= 64 ? name.lowercased() : name
    guard let file = grids.first(where: { $0.name.lowercased() == word || $0.aliases.contains(word) }) else {
      throw unknown("grid", name, known: grids.map(\.name))
    }
    return file
  }

  /// What is stated about the estimates, by device.
  public var accuracy: [StatedAccuracy] { parts.accuracy.map(\.content.value) }

  /// The calibration with that name; nil if there is none.
  public func calibration(named name: String) -> Calibration? {
    parts.calibrations.first { $0.name == name }?.content.value
  }
}

extension Catalog: ShapeDirectory {
  /// The shape that a name means: a variant and a patch, `ViT-G/14`. `ViT-` may be left out, and any patch is accepted.
  ///
  /// - Throws: `ConfigurationError` naming the closest names.
  public func shape(named name: String) throws(ConfigurationError) -> Shape { try names.shape(named: name) }

  /// Checks that the device exists.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  public func checkDevice(named name: String) throws(ConfigurationError) { try names.checkDevice(named: name) }

  /// `ViT-G/14` for `G/14`, `ViT-So400m/14` for `SoViT-400m/14`.
  public func canonicalName(ofShape name: String) -> String { names.canonicalName(ofShape: name) }

  /// What the name of a shape means, whether it is the catalog's own or another library's: `ViT-L/16` at 384 pixels for
  /// `vit_large_patch16_384`.
  ///
  /// - Throws: `ConfigurationError` naming the closest names.
  public func reading(ofShape name: String) throws(ConfigurationError) -> ShapeReading {
    try names.reading(ofShape: name)
  }

  /// What the name of a device or of a slice means: eight of `tpu-v5e` for `v5litepod-8`.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  public func reading(ofDevice name: String) throws(ConfigurationError) -> DeviceReading {
    try names.reading(ofDevice: name)
  }
}

/// An error about a name that the catalog does not have.
func unknown(_ key: String, _ name: String, known: [String]) -> ConfigurationError {
  if key == Configuration.Key.device.rawValue, let kind = UnmodelledDevice.kind(of: name) {
    return ConfigurationError(key: key, value: "\(LooseValue.string(name))", rule: kind.rule(known: known))
  }
  let close = closeNames(to: name, among: known)
  return ConfigurationError(
    key: key, value: "\(LooseValue.string(name))",
    // Beside the whole list, a hint helps only if it is a single name.
    rule: "must be one of " + known.joined(separator: ", ") + (close.count == 1 ? didYouMean(close) : ""))
}
