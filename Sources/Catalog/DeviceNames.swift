import VisionTransformer

/// Understands the names of devices and of slices of them: `tpu-v5e`, `v5e`, `TPU v5 lite`, `v5litepod-8`.
struct DeviceNames: Sendable {
  /// Names in the catalog, in its order.
  let names: [String]
  /// Names and aliases from the device files; a name of the catalog is understood without them.
  private let spellings: Deferred<Spellings>

  private struct Spellings: Sendable {
    /// Index of a device by its name or alias, without case, separators and `tpu`.
    var index: [String: Int] = [:]
    var devices: [Device]
    var slices: [DeviceFile.Slices?]
    var sliceSizes: [Grid.Axis?]
  }

  init(names: [String], files: @escaping @Sendable () throws(CatalogError) -> [DeviceFile]) {
    self.names = names
    spellings = Deferred { () throws(CatalogError) in
      let files = try files()
      var spellings = Spellings(
        devices: files.map(\.device), slices: files.map(\.slices), sliceSizes: files.map(\.sliceSizes))
      // A catalog name always means its own device, even if another device has it as an alias.
      for (position, file) in files.enumerated() { spellings.index[Self.folded(file.name)] = position }
      for (position, file) in files.enumerated() {
        for alias in file.aliases where spellings.index[Self.folded(alias)] == nil {
          spellings.index[Self.folded(alias)] = position
        }
      }
      return spellings
    }
  }

  private var index: [String: Int] { spellings.value.index }
  private var devices: [Device] { spellings.value.devices }
  private var slices: [DeviceFile.Slices?] { spellings.value.slices }
  private var sliceSizes: [Grid.Axis?] { spellings.value.sliceSizes }

  /// The device and slice that a name means.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  func reading(of name: String) throws(ConfigurationError) -> DeviceReading {
    if names.contains(name) { return DeviceReading(name: name) }
    guard name.utf8.count <= 64 else { throw unknown("device", name, known: names) }
    try checkSeparators(of: name)
    let word = Self.folded(name)
    if let position = index[word] {
      let device = names[position]
      let isSpelling = word == Self.folded(device)
      return DeviceReading(name: device, note: isSpelling ? nil : "\(excerpt(of: name)) is understood as \(device)")
    }
    if let slice = try slice(name) { return slice }
    guard UnmodelledDevice.kind(of: name) == nil else { throw unknown("device", name, known: names) }
    var near = suggestions(word)
    if near.isEmpty, let dash = Self.separator(in: name) { near = suggestions(Self.folded(String(name[..<dash]))) }
    throw ConfigurationError(
      key: "device", value: "\(LooseValue.string(name))",
      rule: "must be one of " + names.joined(separator: ", ") + didYouMean(near))
  }

  /// The last separator, which sets off the number of a slice.
  private static func separator(in name: String) -> String.Index? { name.lastIndex { "-_: ".contains($0) } }

  /// A number as written in a name: digits without a sign or leading zeros.
  private static func plainNumber(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } && (text == "0" || text.first != "0") ? Int(text) : nil
  }

  /// Rejects a name with two separators in a row: `v3--8` is a typing error, or a negative number of cores.
  ///
  /// - Throws: `ConfigurationError` with the name that was probably meant.
  private func checkSeparators(of name: String) throws(ConfigurationError) {
    let parts = name.split { "-_: ".contains($0) }
    let isDoubled = zip(name, name.dropFirst()).contains { "-_:".contains($0) && "-_: ".contains($1) }
    guard isDoubled || name.first.map({ "-_:".contains($0) }) ?? false || name.last.map({ "-_:".contains($0) }) ?? false
    else { return }
    let meant = parts.joined(separator: "-")
    let isKnown = !meant.isEmpty && (try? reading(of: meant)) != nil
    throw ConfigurationError(
      key: "device", value: "\(LooseValue.string(name))",
      rule: "must be one of " + names.joined(separator: ", ") + didYouMean(isKnown ? [meant] : []))
  }

  /// The number of chips in a slice written by its arrangement, such as `2x2x4`; nil for any other text.
  private static func chips(_ text: Substring) -> Int? {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { plainNumber($0) ?? 0 }
    guard (2...3).contains(sides.count), sides.allSatisfy({ (1...256).contains($0) }) else { return nil }
    return sides.reduce(1, *)
  }

  /// Reads `v4-64` or `v4-4x4x2`: a device's name and a number of its cores or chips.
  private func slice(_ name: String) throws(ConfigurationError) -> DeviceReading? {
    guard let dash = Self.separator(in: name), let position = index[Self.folded(String(name[..<dash]))],
      let slices = slices[position], case .tpu(let tpu) = devices[position].kind
    else { return nil }
    let device = devices[position]
    let number = name[name.index(after: dash)...]
    let coresOfChip = slices == .cores ? max(tpu.coresPerChip, tpu.programCores) : 1
    guard let count = Self.plainNumber(number) ?? Self.chips(number).map({ $0 * coresOfChip }) else { return nil }
    if let sizes = sliceSizes[position] { try check(count, among: sizes, slices, device, name, name[..<dash]) }
    let perProgram = slices == .cores ? tpu.programCores : 1
    guard count >= perProgram, count % perProgram == 0, count / perProgram <= Configuration.Limits.dataParallel else {
      throw ConfigurationError(
        key: "device", value: "\(LooseValue.string(name))",
        rule: "must be a slice of "
          + (perProgram == 1
            ? "1 to \(grouped(Configuration.Limits.dataParallel)) \(slices.rawValue)"
            : "\(perProgram), \(2 * perProgram) or more \(slices.rawValue), \(perProgram) of which are one \(device.name) "
              + device.unit))
    }
    let programs = count / perProgram
    let cores = perProgram == 1 ? "" : " of \(perProgram) cores each"
    let all = counted(programs, "\(device.name) \(device.unit)")
    return DeviceReading(
      name: device.name, dataParallel: programs,
      note:
        "\(excerpt(of: name)) is understood as \(all)\(cores): data parallel over \(grouped(programs)) unless you ask for "
        + "another number")
  }

  /// Checks that a slice can be booked.
  ///
  /// - Throws: `ConfigurationError` with the nearest sizes that can be, written like the name.
  private func check(
    _ count: Int, among sizes: Grid.Axis, _ slices: DeviceFile.Slices, _ device: Device, _ name: String,
    _ prefix: Substring
  ) throws(ConfigurationError) {
    let values = sizes.fixedValues
    guard !values.contains(count) else { return }
    let nearest = [values.last { $0 < count }, values.first { $0 > count }].compactMap(\.self)
    throw ConfigurationError(
      key: "device", value: "\(LooseValue.string(name))",
      rule: "is no slice that can be booked: \(device.name) has slices of \(sizes) \(slices.rawValue), and any other "
        + "number is asked for as data parallel" + didYouMean(nearest.map { "\(prefix)-\($0)" }))
  }

  /// Devices whose names begin with the word, or the single device whose name is close to it; several close names add
  /// nothing to the list.
  private func suggestions(_ word: String) -> [String] {
    // The list shows every TPU; the closest name by spelling would be `cpu`.
    guard word.count >= 2, word != "tpu" else { return [] }
    let begun = names.filter { Self.folded($0).hasPrefix(word) }
    if !begun.isEmpty { return begun }
    let close = closeNames(to: word, among: names.map(Self.folded))
    return close.count == 1 ? close.compactMap { index[$0].map { names[$0] } } : []
  }

  /// A name without case, blanks, separators and a leading `tpu`: `TPU v4` becomes `v4`.
  private static func folded(_ name: String) -> String {
    let word = String(name.lowercased().filter { !" -_".contains($0) })
    return word.hasPrefix("tpu") && word.count > 3 ? String(word.dropFirst(3)) : word
  }
}
