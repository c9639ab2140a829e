import Evidence
import VisionTransformer

/// One answer by value: a batch writer stores it without building text for each row.
///
/// What a whole run shares (source, version, notes) is interned once with `EvidenceWriter.origin(_:_:)`.
public struct EvidenceRow: Sendable {
  /// The configuration that was asked about.
  public var configuration: Configuration
  /// The kind of evidence and its origin.
  public var origin: EvidenceOrigin
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
  /// When it was made, ISO 8601; nil for estimates.
  public var time: String?
  /// Additional facts, as JSON.
  public var details: [EvidenceDetail]

  /// A row.
  public init(
    configuration: Configuration, origin: EvidenceOrigin, verdict: Verdict, parameterCount: Int,
    memory: MemoryBreakdown, flopsPerImage: FLOPs, stepSeconds: Seconds?, time: String? = nil,
    details: [EvidenceDetail] = []
  ) {
    self.configuration = configuration
    self.origin = origin
    self.verdict = verdict
    self.parameterCount = parameterCount
    self.memory = memory
    self.flopsPerImage = flopsPerImage
    self.stepSeconds = stepSeconds
    self.time = time
    self.details = details
  }

  /// Checks every requirement of the tables, so that one bad row never costs a batch.
  ///
  /// - Throws: `StoreError.invalidConfiguration`, `StoreError.invalidValue`.
  func check() throws(StoreError) {
    do { try configuration.validated() } catch { throw .invalidConfiguration(error) }
    if configuration.device.isEmpty {
      throw .invalidValue(key: "device", value: "\"\"", rule: "a configuration names its device")
    }
    func natural(_ key: String, _ value: Int) throws(StoreError) {
      if value < 0 { throw .invalidValue(key: key, value: "\(value)", rule: "must be a count, from 0") }
    }
    try natural("parameterCount", parameterCount)
    try natural("memory.total", memory.total.count)
    try natural("memory.limit", memory.limit.count)
    func finite(_ key: String, _ value: Double) throws(StoreError) {
      guard value.isFinite, value >= 0 else {
        throw .invalidValue(key: key, value: "\(value)", rule: "it must be a finite number, not below 0")
      }
    }
    try finite("flopsPerImage", flopsPerImage.count)
    if let stepSeconds, !(stepSeconds.value.isFinite && stepSeconds.value > 0) {
      throw .invalidValue(key: "stepSeconds", value: "\(stepSeconds.value)", rule: "it must be a finite number above 0")
    }
  }
}

/// A provenance that a writer has interned, valid for that writer only.
public struct EvidenceOrigin: Sendable, Hashable {
  let index: Int
}
