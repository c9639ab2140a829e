import VisionTransformer

/// A device of the catalog: the figures that the model uses, each with its source.
public struct DeviceFile: Sendable, Hashable {
  /// The keys of a device file.
  public enum Key: String, CaseIterable, Sendable {
    case summary, kind, memory, usableMemory, bandwidth, peakFLOPs, clock, matrixUnits, matrixUnitSize, lanes, sublanes
    case linkBandwidth, coresPerChip, unit, programCores, slices, sliceSizes, validation
    case writtenSoftmax, writtenGradient, writtenProducts, copiedImages, vectorMemory, commonMemory, alignment, compiler
    /// Other names: a list rather than a figure.
    case aliases
    /// Only for hosts.
    case processor, threads, cache, productRates, disturbed, kernels
  }

  /// A figure as written in the file.
  public struct Figure: Sendable, Hashable {
    /// Which figure.
    public var key: Key
    /// The text, with its unit: `940 MHz`.
    public var value: String
    /// Where it comes from.
    public var source: String
  }

  /// The figures that the model uses.
  public internal(set) var device: Device
  /// The figures as written, in the order of `Key`.
  public let figures: [Figure]

  /// Other names, such as `v5litepod` and `TPU v5 lite` for `tpu-v5e`; case and separators are ignored.
  public let aliases: [String]
  /// What the number in the name of a slice counts (`v4-64`, `v5litepod-8`); nil if there are no slices.
  public let slices: Slices?
  /// The sizes of slices that can be booked, written like an axis of a grid; nil if any size can.
  public let sliceSizes: Grid.Axis?

  /// What the number in the name of a slice counts.
  public enum Slices: String, CaseIterable, Sendable {
    case cores, chips
  }

  /// Name, such as `tpu-v3`.
  public var name: String { device.name }

  /// Reads a device file; the device takes the file's name.
  ///
  /// - Throws: `CatalogError`.
  init(_ file: CatalogFile) throws(CatalogError) {
    let fields = try YAMLMapping<Key>(YAMLNode(parsing: file))
    var figures: [Figure] = []
    func figure(_ key: Key) throws(CatalogError) -> YAMLNode {
      let sourced = try SourcedNode(try fields.required(key), name: key.rawValue)
      // A table has no text to quote.
      figures.append(Figure(key: key, value: sourced.value.text ?? "see the file", source: sourced.source))
      return sourced.value
    }
    func bytes(_ key: Key) throws(CatalogError) -> Bytes {
      let node = try figure(key)
      guard let text = node.text else { throw fields.error(key, node, "must be a size such as 16 GiB") }
      let bytes: Bytes
      do { bytes = try Bytes(parsing: text) } catch { throw fields.error(key, node, error.rule) }
      guard bytes.count >= 1, bytes <= Configuration.Limits.memory else {
        throw fields.error(key, node, "must be a size such as 16 GiB")
      }
      return bytes
    }
    func rate(_ key: Key, _ unit: RateUnit) throws(CatalogError) -> Double {
      let node = try figure(key)
      guard let text = node.text, let value = unit.parse(text) else {
        throw fields.error(key, node, "must be a positive number with one of the units " + unit.names)
      }
      return value
    }
    func count(_ key: Key, from least: Int = 1) throws(CatalogError) -> Int {
      let node = try figure(key)
      guard case .integer(let value) = node.looseValue, (least...65_536).contains(value) else {
        throw fields.error(key, node, "must be a whole number between \(least) and 65536")
      }
      return value
    }
    func text(_ key: Key) throws(CatalogError) -> String {
      let node = try figure(key)
      guard let text = node.text, !text.isEmpty else { throw node.error("\(key.rawValue): must be text") }
      return text
    }
    let summary = try fields.text(.summary)
    let kindNode = try fields.required(.kind)
    if let text = kindNode.text, let other = UnmodelledDevice.kind(of: text) {
      throw fields.error(.kind, kindNode, other.rule(known: Kind.allCases.map(\.rawValue)))
    }
    let kind: Kind = try fields.choice(.kind, kindNode)
    for key in Key.allCases {
      guard let node = fields[key], let owner = key.kind, owner != kind else { continue }
      throw node.error("\(key.rawValue) is a key of a \(owner.rawValue) alone, and this device is a \(kind.rawValue)")
    }
    let memory = try bytes(.memory), usable = try bytes(.usableMemory)
    guard usable <= memory else {
      throw fields.error(.usableMemory, try fields.required(.usableMemory), "must not be above memory, \(memory)")
    }
    let bandwidth = try rate(.bandwidth, .bytes), peak = try rate(.peakFLOPs, .operations)
    let clock = try rate(.clock, .cycles)
    aliases = try fields.texts(.aliases)
    let own: Device.Kind, validation: Device.Validation
    switch kind {
    case .tpu:
      var tpu = TPUFigures(
        matrixUnits: try count(.matrixUnits), matrixUnitSize: try count(.matrixUnitSize), lanes: try count(.lanes),
        sublanes: try count(.sublanes), linkBandwidth: try rate(.linkBandwidth, .bytes),
        coresPerChip: try count(.coresPerChip),
        unit: fields[.unit] == nil ? nil : try fields.choice(.unit, try figure(.unit)) as TPUFigures.Unit,
        programCores: fields[.programCores] == nil ? 1 : try count(.programCores))
      validation = try fields.choice(.validation, try figure(.validation))
      func write(_ key: Key) throws(CatalogError) -> AttentionWrite? {
        guard fields[key] != nil else { return nil }
        let node = try figure(key)
        guard let write = AttentionWrite(parsing: node.text ?? "") else {
          throw fields.error(key, node, "must be a precision, or one with a ratio such as bfloat16 above 5.4")
        }
        return write
      }
      tpu.writtenSoftmax = try write(.writtenSoftmax)
      tpu.writtenGradient = try write(.writtenGradient)
      tpu.writtenProducts = try write(.writtenProducts)
      if fields[.copiedImages] != nil { tpu.copiedImages = try count(.copiedImages) }
      if fields[.vectorMemory] != nil { tpu.vectorMemory = try bytes(.vectorMemory) }
      if fields[.commonMemory] != nil { tpu.commonMemory = try bytes(.commonMemory) }
      if fields[.alignment] != nil { tpu.alignment = try count(.alignment) }
      if fields[.compiler] != nil { tpu.compiler = try text(.compiler) }
      slices = fields[.slices] == nil ? nil : try fields.choice(.slices, try figure(.slices)) as Slices
      sliceSizes = fields[.sliceSizes] == nil ? nil : try Self.sizes(figure(.sliceSizes), tpu, slices)
      own = .tpu(tpu)
    case .cpu:
      slices = nil
      sliceSizes = nil
      // Shown to people only; the model takes its rates from `kernels`.
      if fields[.productRates] != nil { _ = try text(.productRates) }
      let processor = fields[.processor] == nil ? Self.processor(ofFormer: summary) : try text(.processor)
      own = .host(
        HostFigures(
          processor: processor, threads: try count(.threads), cache: try bytes(.cache),
          rates: try Self.rates(figure(.kernels)),
          disturbed: fields[.disturbed] == nil ? 0 : try count(.disturbed, from: 0)))
      validation = try fields.choice(.validation, try figure(.validation))
    }
    device = Device(
      name: file.name, kind: own, summary: summary, memory: memory, usableMemory: usable, bandwidth: bandwidth,
      peakFLOPs: peak, clock: clock, validation: validation)
    self.figures = figures
  }

  /// The processor in a file from before `processor` was a key, when the probe wrote it only into the summary.
  private static func processor(ofFormer summary: String) -> String? {
    let end = ", as measured."
    guard summary.hasSuffix(end) else { return nil }
    let rest = summary.dropLast(end.count).drop { $0.isNumber }
    let start = [" threads of ", " thread of "].first { rest.hasPrefix($0) }
    return start.map { String(rest.dropFirst($0.count)) }
  }

  /// The sizes of slices: each a number of whole programs, and no more of them than can share gradients.
  private static func sizes(_ node: YAMLNode, _ tpu: TPUFigures, _ slices: Slices?) throws(CatalogError) -> Grid.Axis {
    let perProgram = slices == .cores ? tpu.programCores : 1
    guard slices != nil, let axis = try? Grid.Axis(parsing: node.text ?? ""), !axis.isRelative,
      let least = axis.fixedValues.first, let most = axis.fixedValues.last, least >= 1,
      most / perProgram <= Configuration.Limits.dataParallel, axis.fixedValues.allSatisfy({ $0 % perProgram == 0 })
    else {
      throw node.error(
        notValid(
          Key.sliceSizes.rawValue, "\(node.looseValue)",
          "must be the numbers of slices, such as 8, 16, 32..128 by 32, each of whole programs"))
    }
    return axis
  }

  /// The kinds of devices, as files write them.
  enum Kind: String, CaseIterable {
    case tpu, cpu
  }

  /// Rates by kernel, in seconds for each unit of work.
  private static func rates(_ node: YAMLNode) throws(CatalogError) -> [HostFigures.Kernel: HostFigures.Rates] {
    let kernels = try YAMLMapping<HostFigures.Kernel>(node, path: "kernels.")
    var rates: [HostFigures.Kernel: HostFigures.Rates] = [:]
    for kernel in HostFigures.Kernel.allCases {
      let works = try YAMLMapping<HostFigures.Work>(try kernels.required(kernel), path: "kernels.\(kernel.rawValue).")
      var values = HostFigures.Rates.zero
      for work in HostFigures.Work.allCases {
        guard let node = works[work] else { continue }
        let value: Double? =
          switch node.looseValue {
          case .integer(let value): Double(value)
          case .number(let value, _): value
          default: nil
          }
        guard let value, value >= 0, value < 1 else {
          throw works.error(work, node, "must be seconds a unit of work, from 0 up to 1")
        }
        values[work.index] = value
      }
      rates[kernel] = values
    }
    return rates
  }
}

extension DeviceFile.Key {
  /// The only kind of device that has this key; nil if every device has it.
  fileprivate var kind: DeviceFile.Kind? {
    switch self {
    case .summary, .kind, .memory, .usableMemory, .bandwidth, .peakFLOPs, .clock, .validation, .aliases: nil
    case .matrixUnits, .matrixUnitSize, .lanes, .sublanes, .linkBandwidth, .coresPerChip, .unit, .programCores, .slices,
      .sliceSizes, .writtenSoftmax, .writtenGradient, .writtenProducts,
      .copiedImages, .vectorMemory, .commonMemory, .alignment, .compiler:
      .tpu
    case .processor, .threads, .cache, .productRates, .disturbed, .kernels: .cpu
    }
  }
}

/// The units that a device file may use for rates.
enum RateUnit: CaseIterable {
  case bytes, operations, cycles

  private var scales: [(name: String, scale: Double)] {
    switch self {
    case .bytes: [("GB/s", 1e9), ("TB/s", 1e12), ("MB/s", 1e6), ("GiB/s", 0x1p30), ("Gbit/s", 1.25e8), ("B/s", 1)]
    case .operations: [("TFLOP/s", 1e12), ("GFLOP/s", 1e9), ("PFLOP/s", 1e15), ("FLOP/s", 1)]
    case .cycles: [("MHz", 1e6), ("GHz", 1e9), ("Hz", 1)]
    }
  }

  /// The names of the units, for errors.
  var names: String { scales.map(\.name).joined(separator: ", ") }

  /// The value of `940 MHz` in units a second; nil for anything that is not a positive number with a unit.
  func parse(_ text: String) -> Double? {
    let parts = text.split(separator: " ")
    guard parts.count == 2, let value = Double(parts[0]), value > 0,
      let scale = scales.first(where: { $0.name == parts[1] })?.scale
    else { return nil }
    let rate = value * scale
    return rate < 1e24 && rate >= 1 ? rate : nil
  }
}
