/// How a figure is known. The three kinds are never blended (Decisions, "Three kinds of evidence").
public enum EvidenceKind: String, Sendable, Hashable, CaseIterable, Codable {
  /// Closed-form model of layout, liveness and roofline.
  case estimated
  /// The device's real compiler, without the device.
  case compiled
  /// Real steps, run and timed.
  case measured
}

/// Whether a step fits the memory.
public enum Verdict: String, Sendable, Hashable, CaseIterable, Codable {
  /// It fits.
  case fits
  /// It does not fit.
  case doesNotFit = "does-not-fit"
  /// The evidence does not settle it.
  case uncertain
}

/// Bytes of one core by part; nil for parts that a kind of evidence does not know.
public struct MemoryBreakdown: Sendable, Hashable, Codable {
  /// Bytes the step occupies at its peak, packing included, after automatic rematerialization if it starts.
  public var total: Bytes
  /// Bytes available.
  public var limit: Bytes
  /// Parameters, optimizer state and the largest sum of live temporaries over the schedule, before automatic rematerialization.
  ///
  /// Counted as in the compiler's log: without images and labels, and with separate bytes for the gradient of the MLP's
  /// hidden layer, although the allocation writes it over the hidden layer. The parts add up to `total`, not to this.
  public var livePeak: Bytes?
  /// Parameters, optimizer state and inputs.
  public var arguments: Bytes?
  /// Parameters as the device lays them out.
  public var parameters: Bytes?
  /// Optimizer state as the device lays it out.
  public var optimizerState: Bytes?
  /// Images and labels.
  public var inputs: Bytes?
  /// `total` minus `arguments`.
  public var temporaries: Bytes?
  /// Activations kept from the forward pass for the backward pass, at the peak.
  public var activations: Bytes?
  /// Gradients of parameters alive at the peak.
  public var gradients: Bytes?
  /// Other temporaries alive at the peak.
  public var workspace: Bytes?
  /// Bytes that the heap packer adds.
  public var packing: Bytes?
  /// The program itself, outside `total` but inside the compiler's own limit for rematerialization.
  public var code: Bytes?
  /// Bytes of the parts above that are tile padding, at the peak.
  public var paddingWaste: Bytes?

  /// A breakdown; parts left out are unknown.
  public init(
    total: Bytes, limit: Bytes, livePeak: Bytes? = nil, arguments: Bytes? = nil, parameters: Bytes? = nil,
    optimizerState: Bytes? = nil, inputs: Bytes? = nil, temporaries: Bytes? = nil, activations: Bytes? = nil,
    gradients: Bytes? = nil, workspace: Bytes? = nil, packing: Bytes? = nil, code: Bytes? = nil,
    paddingWaste: Bytes? = nil
  ) {
    self.total = total
    self.limit = limit
    self.livePeak = livePeak
    self.arguments = arguments
    self.parameters = parameters
    self.optimizerState = optimizerState
    self.inputs = inputs
    self.temporaries = temporaries
    self.activations = activations
    self.gradients = gradients
    self.workspace = workspace
    self.packing = packing
    self.code = code
    self.paddingWaste = paddingWaste
  }
}

/// Where a result comes from.
public struct Provenance: Sendable, Hashable {
  /// What produced it: the model and its version, the compiler, or the host that ran it.
  public var source: String
  /// Version of `source`.
  public var version: String
  /// The compiler generation that the verdict is valid for, such as `libtpu 0.0.17.1`.
  public var speaksFor: String?
  /// Host that it ran on; nil for estimates, which are the same everywhere.
  public var host: String?
  /// When it was made, ISO 8601; nil for estimates.
  public var time: String?
  /// Whether other work disturbed the measured steps; false if no step was measured.
  public var isDisturbed: Bool
  /// Whether the compile stopped once its memory was known, so that sizes are as precise as the compiler's log; false
  /// if nothing was compiled.
  public var isOfMemoryOnly: Bool
  /// Notes for people, such as `not yet validated`, what was rematerialized, or why it is uncertain. No program reads
  /// them.
  public var notes: [String]

  /// A provenance.
  public init(
    source: String, version: String, speaksFor: String? = nil, host: String? = nil, time: String? = nil,
    isDisturbed: Bool = false, isOfMemoryOnly: Bool = false, notes: [String] = []
  ) {
    self.source = source
    self.version = version
    self.speaksFor = speaksFor
    self.host = host
    self.time = time
    self.isDisturbed = isDisturbed
    self.isOfMemoryOnly = isOfMemoryOnly
    self.notes = notes
  }
}

/// The answer for one configuration: the configuration, then what is known of it (Contract, "A result").
public struct StepResult: Sendable, Hashable {
  /// The configuration that was asked about.
  public var configuration: Configuration
  /// How it is known.
  public var evidence: EvidenceKind
  /// Whether it fits.
  public var verdict: Verdict
  /// Trainable parameters: body, head and classifier.
  public var parameterCount: Int
  /// Bytes by part.
  public var memory: MemoryBreakdown
  /// Forward FLOPs of one image, a multiply-add counting 2.
  public var flopsPerImage: FLOPs
  /// Time of one step; nil if the evidence has none.
  public var stepSeconds: Seconds?
  /// Where it comes from.
  public var provenance: Provenance

  /// A result.
  public init(
    configuration: Configuration, evidence: EvidenceKind, verdict: Verdict, parameterCount: Int,
    memory: MemoryBreakdown,
    flopsPerImage: FLOPs, stepSeconds: Seconds?, provenance: Provenance
  ) {
    self.configuration = configuration
    self.evidence = evidence
    self.verdict = verdict
    self.parameterCount = parameterCount
    self.memory = memory
    self.flopsPerImage = flopsPerImage
    self.stepSeconds = stepSeconds
    self.provenance = provenance
  }

  /// Images a second on one core.
  public var imagesPerSecond: Double? { stepSeconds.map { Double(configuration.batch) / $0.value } }

  /// Whether other work disturbed the measured steps, so that their time means little; nil if no step was measured.
  public var isDisturbed: Bool? { evidence == .measured && stepSeconds != nil ? provenance.isDisturbed : nil }

  /// Whether the compile stopped once its memory was known; nil if nothing was compiled.
  public var isOfMemoryOnly: Bool? { evidence == .compiled ? provenance.isOfMemoryOnly : nil }
}
