/// What a device's real compiler said of one configuration: a line of `Validation/evidence`.
public struct ObservedEvidence: Sendable, Hashable {
  /// How a line may be used.
  public enum Label: String, Sendable, Hashable, CaseIterable, Codable {
    /// Made before the model was; nothing is fitted to it.
    case shared
    /// Looked at while the structure of the model was found.
    case tuned
    /// Drawn at random beforehand and not looked at until the model was done.
    case heldOut = "held-out"
  }

  /// What was asked.
  public var configuration: Configuration
  /// The compiler that answered, such as `libtpu 0.0.17.1, jax 0.6.2`.
  public var compiler: String
  /// The answer.
  public var observation: Observation
  /// How the line may be used; nil for evidence that belongs to no set: what a store holds, and what this package's own
  /// program was compiled to.
  public var label: Label?

  /// A line of evidence.
  public init(configuration: Configuration, compiler: String, observation: Observation, label: Label?) {
    self.configuration = configuration
    self.compiler = compiler
    self.observation = observation
    self.label = label
  }
}

/// What one compile reported; nil for everything that was not observed. All bytes are for one core.
public struct Observation: Sendable, Hashable {
  /// The compiler's verdict; in probes only where the reduced peak settles it.
  public var fits: Bool?
  /// Usable bytes that the verdict was checked against; nil means the device's own.
  public var limit: Bytes?
  /// Parameters, optimizer state and the largest sum of live temporaries over the schedule, before automatic
  /// rematerialization. Excludes images and labels.
  public var livePeak: Bytes?
  /// Tiled parameters, optimizer state, images and labels.
  public var arguments: Bytes?
  /// Arguments, outputs that do not alias any, and temporaries; the packer's gaps are counted twice.
  public var total: Bytes?
  /// Gaps that the heap packer leaves.
  public var packing: Bytes?
  /// Generated code; outside `total`.
  public var code: Bytes?
  /// Sum of estimated cycles over the entry computation. All-reduces have none, and a loop's body counts once.
  public var cycles: Int?
  /// Live bytes above which rematerialization starts, rounded to 0.01 GiB.
  public var rematerializationLimit: Bytes?
  /// Live peak after rematerialization.
  public var peakAfter: Bytes?
  /// Instructions that were recomputed.
  public var rematerializedInstructions: Int?
  /// Whether rematerialization failed to reach its limit.
  public var floorReached: Bool?
  /// Estimated size of the code that the rematerialization limit allows for.
  public var overlays: Bytes?
  /// Outputs of the compiler's memory analysis.
  public var outputs: Bytes?
  /// Outputs that reuse the bytes of arguments.
  public var aliased: Bytes?
  /// Temporaries of the compiler's memory analysis.
  public var temporaries: Bytes?
  /// Trainable parameters.
  public var parameterCount: Int?
  /// Parameters without tile padding.
  public var parameterBytes: Bytes?
  /// Optimizer state without tile padding.
  public var optimizerBytes: Bytes?
  /// The compiler's count of one step on one core.
  public var flops: FLOPs?
  /// Median time of a measured step.
  public var stepSeconds: Seconds?
  /// Wall time of the answer on some machine; not evidence of anything.
  public var seconds: Seconds?

  /// Nothing observed.
  public init() {}

  /// Half a unit of the last digit in which logs give the rematerialization limit.
  static let limitRounding = Bytes.gibibytes(0.005)

  /// Whether the step fits `limit` usable bytes; nil if the observation does not settle it.
  ///
  /// Without an observed verdict, a peak that rematerialization brought down to its limit fits, and a peak that it left
  /// above the usable memory does not. Anything between is open.
  public func verdict(limit: Bytes) -> Verdict? {
    if let fits { return fits ? .fits : .doesNotFit }
    guard let peakAfter else { return nil }
    if peakAfter > self.limit ?? limit { return .doesNotFit }
    guard floorReached != true, let rematerializationLimit else { return nil }
    return peakAfter <= rematerializationLimit + Self.limitRounding ? .fits : nil
  }

  /// Whether the compiler recomputed anything; nil where that was not observed.
  public var wasRematerialized: Bool? { rematerializedInstructions.map { $0 > 0 } }
}
