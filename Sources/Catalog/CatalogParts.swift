import VisionTransformer

/// The files of a catalog, each parsed when first needed: a launch that checks one shape on one device reads neither
/// grids nor other devices.
struct CatalogParts: Sendable {
  /// A file with the name of what it holds.
  struct Named<Value: Sendable>: Sendable {
    let name: String
    let file: CatalogFile
    let content: Deferred<Value>
  }

  /// The model's calibration, completed, and its constants: the default for every device that has none of its own.
  private struct Model: Sendable {
    var calibration: Calibration
    var constants: FittedConstants
  }

  let variants: Deferred<VariantTable>
  /// The devices as their files describe them, without what calibrations add.
  let describedDevices: [Named<DeviceFile>]
  let devices: [Named<DeviceFile>]
  let calibrations: [Named<Calibration>]
  let grids: [Named<GridFile>]
  /// What is stated about estimates, by device.
  let accuracy: [Named<StatedAccuracy>]
  /// The part of the catalog that decoding needs.
  let names: ShapeNames

  /// The parts of `files`; if there is more than one `vit.yaml`, the later one's variants win.
  init(_ files: [CatalogFile]) {
    let shapes = files.filter { $0.part == .shapes }
    let variants = Deferred { () throws(CatalogError) in
      var variants: [Variant] = []
      for file in shapes { variants = Variant.lay(try Variant.variants(file), over: variants) }
      return VariantTable(variants)
    }
    let calibrations = Self.named(.calibrations, files) { file throws(CatalogError) in try Calibration(file) }
    let model = calibrations.first { $0.name == Configuration.Defaults.device }.map { model in
      Deferred { () throws(CatalogError) in
        let calibration = try model.content.checked().completed(from: model.file)
        return Model(calibration: calibration, constants: try calibration.fittedConstants(elseOf: calibration))
      }
    }
    let described = Self.named(.devices, files) { file throws(CatalogError) in try DeviceFile(file) }
    let devices = described.map { described in
      Named(
        name: described.name, file: described.file,
        content: Deferred { () throws(CatalogError) in
          try Self.calibrated(described.content.checked(), model, calibrations)
        })
    }
    let names = ShapeNames(
      table: variants,
      devices: DeviceNames(names: devices.map(\.name)) { () throws(CatalogError) in
        var files: [DeviceFile] = []
        for device in described { files.append(try device.content.checked()) }
        return files
      },
      others: files.last { $0.part == .names }.map { OtherNames($0) })
    grids = Self.named(.grids, files) { file throws(CatalogError) in try GridFile(file, directory: names) }
    accuracy = Self.named(.accuracy, files) { file throws(CatalogError) in try AccuracyFile.statements(file) }
    self.variants = variants
    describedDevices = described
    self.devices = devices
    self.calibrations = calibrations
    self.names = names
  }

  /// A device with its uncertain band and fitted constants. What its own calibration lacks comes from the device that
  /// the model was made for.
  private static func calibrated(
    _ device: DeviceFile, _ model: Deferred<Model>?, _ calibrations: [Named<Calibration>]
  ) throws(CatalogError) -> DeviceFile {
    guard case .tpu(var tpu) = device.device.kind, let model = try model?.checked() else { return device }
    let named = calibrations.first { $0.name == device.name }
    let own =
      try named.map { named throws(CatalogError) in
        try named.content.checked().completed(from: named.file)
      } ?? model.calibration
    tpu.uncertainBand = try own.uncertainBand(elseOf: model.calibration)
    tpu.constants =
      own.name != model.calibration.name && own.hasConstants
      ? try own.fittedConstants(elseOf: model.calibration) : model.constants
    var device = device
    device.device.kind = .tpu(tpu)
    return device
  }

  /// Parses those of `files` that belong to this catalog, and every file whose meaning depends on them.
  ///
  /// - Throws: `CatalogError`.
  func check(_ files: [CatalogFile]) throws(CatalogError) {
    let parts = Set(files.compactMap(\.part)), paths = Set(files.map(\.path))
    if parts.contains(.shapes) { _ = try variants.checked() }
    for device in devices where paths.contains(device.file.path) || parts.contains(.calibrations) {
      _ = try device.content.checked()
    }
    for calibration in calibrations where paths.contains(calibration.file.path) {
      _ = try calibration.content.checked()
    }
    for accuracy in accuracy where paths.contains(accuracy.file.path) { _ = try accuracy.content.checked() }
    // Grids name shapes for their marks, so that a new `vit.yaml` affects them. They also name devices, but no file can
    // remove a device.
    for grid in grids where paths.contains(grid.file.path) || parts.contains(.shapes) {
      _ = try grid.content.checked()
    }
  }

  private static func named<Value: Sendable>(
    _ part: CatalogPart, _ files: [CatalogFile],
    _ read: @escaping @Sendable (CatalogFile) throws(CatalogError) -> Value
  ) -> [Named<Value>] {
    files.filter { $0.part == part }.sorted { $0.name < $1.name }.map { file in
      Named(name: file.name, file: file, content: Deferred { () throws(CatalogError) in try read(file) })
    }
  }
}
