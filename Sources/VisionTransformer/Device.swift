/// One accelerator core (or chip, where a program runs on a whole chip), with the figures the model rests on.
///
/// Every value comes from a device file of the catalog and carries its source there.
public struct Device: Sendable, Hashable {
  /// What a device's model is for.
  public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
    /// A TPU core programmed through XLA.
    case tpu
    /// A host processor that runs the CPU kernels of this package.
    case cpu
  }

  /// What one program runs on, and so what figures "a core" or "a chip" are of.
  public enum Unit: String, Sendable, Hashable, CaseIterable, Codable {
    /// One of the cores of a chip.
    case core
    /// A whole chip, whether of one core or of several that run one program together.
    case chip
    /// A computer.
    case host
  }

  /// How far the estimates for a device have been held against evidence.
  public enum Validation: String, Sendable, Hashable, CaseIterable, Codable {
    /// Held against the device's real compiler; the errors are in the reports.
    case compiled
    /// Carried over from another device; marked *not yet validated* wherever it is shown.
    case notYetValidated = "not-yet-validated"
    /// Held against real steps on the device; the errors are in the reports.
    case measured
  }

  /// Name in configurations, such as `tpu-v3`.
  public var name: String
  /// What kind of device it is.
  public var kind: Kind
  /// One line for people.
  public var summary: String
  /// Memory of the core.
  public var memory: Bytes
  /// Memory that one program may use: `memory` less what the runtime reserves.
  public var usableMemory: Bytes
  /// Memory bandwidth in bytes a second.
  public var bandwidth: Double
  /// Peak rate in bfloat16 FLOP a second.
  public var peakFLOPs: Double
  /// Clock in Hz.
  public var clock: Double
  /// Matrix units.
  public var matrixUnits: Int
  /// Rows and columns of one matrix unit.
  public var matrixUnitSize: Int
  /// Lanes of the vector unit: minor dimensions are padded to a multiple of this.
  public var lanes: Int
  /// Sublanes of the vector unit: second-minor dimensions are padded to a multiple of this.
  public var sublanes: Int
  /// Bandwidth of all links of a chip together in bytes a second, one direction.
  public var linkBandwidth: Double
  /// Devices of this kind that share a chip's links: its cores, or one where the device is the whole chip.
  public var coresPerChip: Int
  /// What one program runs on.
  public var unit: Unit
  /// Cores that run one program together: two where a chip is one device (megacore), else one.
  public var programCores: Int
  /// How far estimates for it have been validated.
  public var validation: Validation
  /// Compiler generation whose answers the estimates speak for, such as `libtpu 0.0.17.1`; nil where there is none.
  public var compiler: String?
  /// How fast a host runs its kernels; nil for other devices.
  public var host: HostFigures?
  /// How far the compiler's answers can lie from the model's.
  public var uncertainBand: UncertainBand
  /// What was fitted to its compiler; of a device that is in no catalog, theory alone.
  package var constants = FittedConstants.none

  /// A device from its figures.
  public init(
    name: String, kind: Kind, summary: String, memory: Bytes, usableMemory: Bytes, bandwidth: Double, peakFLOPs: Double,
    clock: Double, matrixUnits: Int, matrixUnitSize: Int, lanes: Int, sublanes: Int, linkBandwidth: Double,
    coresPerChip: Int, unit: Unit? = nil, programCores: Int = 1, validation: Validation, compiler: String?,
    uncertainBand: UncertainBand = .none,
    host: HostFigures? = nil
  ) {
    self.name = name
    self.kind = kind
    self.summary = summary
    self.memory = memory
    self.usableMemory = usableMemory
    self.bandwidth = bandwidth
    self.peakFLOPs = peakFLOPs
    self.clock = clock
    self.matrixUnits = matrixUnits
    self.matrixUnitSize = matrixUnitSize
    self.lanes = lanes
    self.sublanes = sublanes
    self.linkBandwidth = linkBandwidth
    self.coresPerChip = coresPerChip
    self.unit = unit ?? (kind == .cpu ? .host : coresPerChip > 1 ? .core : .chip)
    self.programCores = programCores
    self.validation = validation
    self.compiler = compiler
    self.host = host
    self.uncertainBand = uncertainBand
  }
}

extension Device {
  /// Where a program runs, in running text: `a tpu-v3 core`, `a tpu-v4 chip (2 cores, megacore)`, `a tpu-v5e chip`, `cpu`.
  public var place: String {
    guard unit != .host else { return name }
    return whole + (programCores > 1 ? " (\(programCores) cores, megacore)" : "")
  }

  /// What a batch is of: `a core`, `a chip`; a host has the whole batch of `a step`.
  public var perUnit: String { unit == .host ? "a step" : "a \(unit.rawValue)" }

  /// What a rate counts: `images/s a core`, `images/s a chip`; on a host `images/s`.
  public var speedUnit: String { "images/s" + (unit == .host ? "" : " " + perUnit) }

  /// The same without the cores of a chip; a name that says the unit does not say it twice.
  var whole: String { name.hasSuffix("-" + unit.rawValue) ? "a " + name : "a \(name) \(unit.rawValue)" }
}
