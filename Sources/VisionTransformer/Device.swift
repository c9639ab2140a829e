/// One accelerator core (or chip, where a program runs on a whole chip), or a host, with the figures the model rests on.
///
/// Every value comes from a device file of the catalog and carries its source there.
public struct Device: Sendable, Hashable {
  /// The kind of a device, with the figures that only this kind has.
  public enum Kind: Sendable, Hashable {
    /// A TPU core or chip, programmed through XLA.
    case tpu(TPUFigures)
    /// A host processor that runs the CPU kernels of this package.
    case host(HostFigures)

    /// The name of the kind in device files and in JSON.
    public var word: String {
      switch self {
      case .tpu: "tpu"
      case .host: "cpu"
      }
    }
  }

  /// How far the estimates for a device have been held against evidence.
  public enum Validation: String, Sendable, Hashable, CaseIterable, Codable {
    /// Held against the device's real compiler; the errors are in the reports.
    case compiled
    /// Bytes and verdicts held against the device's real compiler; times carried over from another device.
    case memory
    /// Carried over from another device; marked *not yet validated* wherever it is shown.
    case notYetValidated = "not-yet-validated"
    /// Held against real steps on the device; the errors are in the reports.
    case measured
  }

  /// Name in configurations, such as `tpu-v3`.
  public var name: String
  /// What kind of device it is, with the figures that only this kind has.
  public var kind: Kind
  /// One line for people.
  public var summary: String
  /// Memory of the core.
  public var memory: Bytes
  /// Memory that one program may use: `memory` less what the runtime reserves.
  public var usableMemory: Bytes
  /// Memory bandwidth in bytes a second.
  public var bandwidth: Double
  /// Peak rate in FLOP a second, in bfloat16 on a TPU.
  public var peakFLOPs: Double
  /// Clock in Hz.
  public var clock: Double
  /// How far estimates for it have been validated.
  public var validation: Validation

  /// A device from its figures.
  public init(
    name: String, kind: Kind, summary: String, memory: Bytes, usableMemory: Bytes, bandwidth: Double, peakFLOPs: Double,
    clock: Double, validation: Validation
  ) {
    self.name = name
    self.kind = kind
    self.summary = summary
    self.memory = memory
    self.usableMemory = usableMemory
    self.bandwidth = bandwidth
    self.peakFLOPs = peakFLOPs
    self.clock = clock
    self.validation = validation
  }
}

extension Device {
  /// Where a program runs, in the middle of a sentence: `a tpu-v3 core`, `a tpu-v4 chip (2 cores, megacore)`, `a
  /// tpu-v5e chip`, `cpu`.
  public var place: String {
    switch kind {
    case .tpu(let tpu): whole + (tpu.programCores > 1 ? " (\(tpu.programCores) cores, megacore)" : "")
    case .host: name
    }
  }

  /// The unit that one program runs on and that figures refer to: `core`, `chip`, `host`.
  public var unit: String {
    switch kind {
    case .tpu(let tpu): tpu.unit.rawValue
    case .host: "host"
    }
  }

  /// What a batch refers to: `a core`, `a chip`; on a host, `a step`.
  public var perUnit: String { isHost ? "a step" : "a \(unit)" }

  /// The unit of a rate: `images/s a core`, `images/s a chip`; on a host, `images/s`.
  public var speedUnit: String { "images/s" + (isHost ? "" : " " + perUnit) }

  /// What its estimates are valid for: a TPU's compiler, such as `libtpu 0.0.17.1`, or a host's machine; nil if there
  /// is none.
  public var speaksFor: String? {
    switch kind {
    case .tpu(let tpu): tpu.compiler
    case .host(let host): host.speaksFor
    }
  }

  /// Whether it is a host.
  public var isHost: Bool {
    switch kind {
    case .tpu: false
    case .host: true
    }
  }

  /// Like `place`, without the number of cores; a name that ends in its unit does not repeat it.
  var whole: String { name.hasSuffix("-" + unit) ? "a " + name : "a \(name) \(unit)" }
}
