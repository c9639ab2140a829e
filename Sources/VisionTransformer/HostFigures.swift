/// How fast a host runs each kind of kernel of a training step: what `devices probe` measures.
public struct HostFigures: Sendable, Hashable {
  /// Kinds of kernels that are timed alike.
  public enum Kernel: String, Sendable, Hashable, CaseIterable, Codable {
    case patches, linear, layerNorm, attention, attentionGradient, mlpGradient, inputGradient, weightGradient, move,
      loss
    case clip, sgd, adam, adafactor
  }

  /// What a kernel's time is made of. The raw values are the keys of a device file.
  public enum Work: String, Sendable, Hashable, CaseIterable {
    /// One for every kernel.
    case call
    /// FLOPs of matrix products.
    case product
    /// Elements of activations that are read or written.
    case activation
    /// Elements of parameters, gradients and optimizer state that are read or written.
    case weight
    /// Elements that an exponential, a hyperbolic tangent or a logarithm is taken of.
    case transcendental
    /// Elements of activations that come from memory because the cache does not hold the step.
    case spill
    /// Elements of parameters, gradients and optimizer state that come from memory for the same reason.
    case weightSpill

    /// Place in `Rates`.
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

  /// Seconds for each unit of each work, at `Work.index`.
  public typealias Rates = SIMD8<Double>

  /// The processor, such as `AMD EPYC`; nil where it is not known.
  public var processor: String?
  /// Threads that share every kernel.
  public var threads: Int
  /// Bytes of the last cache: what a step of fewer bytes does not read from memory.
  public var cache: Bytes
  /// Seconds a unit of work, by kernel.
  public var rates: [Kernel: Rates]
  /// Steps of the probe that something else held up at every try: where there are any, rates are too slow.
  public var disturbed: Int

  /// Figures of a host.
  public init(processor: String? = nil, threads: Int, cache: Bytes, rates: [Kernel: Rates], disturbed: Int = 0) {
    self.processor = processor
    self.threads = threads
    self.cache = cache
    self.rates = rates
    self.disturbed = disturbed
  }

  /// The machine that estimates from these figures speak for, such as `AMD EPYC, 2 threads`; nil where the processor is not known.
  public var speaksFor: String? { processor.map { "\($0), \(counted(threads, "thread"))" } }
}
