/// How fast a host runs each kind of kernel of a training step: what `devices probe` measures.
public struct HostFigures: Sendable, Hashable {
  /// Kinds of kernels, each timed with one set of rates.
  public enum Kernel: String, Sendable, Hashable, CaseIterable, Codable {
    case patches, linear, layerNorm, attention, attentionGradient, mlpGradient, inputGradient, weightGradient, move,
      loss
    case clip, sgd, adam, adafactor
  }

  /// The kinds of work that make up a kernel's time. The raw values are the keys of a device file.
  public enum Work: String, Sendable, Hashable, CaseIterable {
    /// The fixed cost of calling a kernel.
    case call
    /// FLOPs of matrix products.
    case product
    /// Elements of activations that are read or written.
    case activation
    /// Elements of parameters, gradients and optimizer state that are read or written.
    case weight
    /// Elements whose exponential, hyperbolic tangent or logarithm is taken.
    case transcendental
    /// Elements of activations that come from memory because the cache cannot hold the step.
    case spill
    /// Elements of parameters, gradients and optimizer state that come from memory for the same reason.
    case weightSpill

    /// Index in `Rates`.
    public var index: Int {
      switch self {
      case .call: 0
      case .product: 1
      case .activation: 2
      case .weight: 3
      case .transcendental: 4
      case .spill: 5
      case .weightSpill: 6
      }
    }
  }

  /// Seconds for one unit of each kind of work, indexed by `Work.index`.
  public typealias Rates = SIMD8<Double>

  /// The processor, such as `AMD EPYC`; nil if unknown.
  public var processor: String?
  /// Threads that share every kernel.
  public var threads: Int
  /// Bytes of the last-level cache: a step that is smaller does not read from memory.
  public var cache: Bytes
  /// Rates by kernel, in seconds for each unit of work.
  public var rates: [Kernel: Rates]
  /// Number of the probe's steps that other work disturbed at every try. If there are any, the rates are too slow.
  public var disturbed: Int

  /// Figures of a host.
  public init(processor: String? = nil, threads: Int, cache: Bytes, rates: [Kernel: Rates], disturbed: Int = 0) {
    self.processor = processor
    self.threads = threads
    self.cache = cache
    self.rates = rates
    self.disturbed = disturbed
  }

  /// The machine that estimates from these figures are valid for, such as `AMD EPYC, 2 threads`; nil if the processor
  /// is unknown.
  public var speaksFor: String? { processor.map { "\($0), \(counted(threads, "thread"))" } }
}
