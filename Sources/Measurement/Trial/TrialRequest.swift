import Catalog
import Evidence
import Foundation
import VisionTransformer
import WorkerProcess

/// The request to a worker: one configuration, and how its steps are run and timed.
public struct TrialRequest: Sendable, Hashable {
  /// The configuration to measure.
  public var configuration: Configuration
  /// Threads that share every operation.
  public var threads: Int
  /// Warm-up steps, which do not count.
  public var warmUp: StepCount
  /// Steps that are timed.
  public var steps: StepCount
  /// Most bytes that the step may take, its "device memory".
  public var memoryLimit: Bytes
  /// Limit on the duration of the whole trial.
  public var timeout: Seconds
  /// The library for matrix products; nil means the fastest that is installed.
  public var products: MatrixProducts?
  /// Seed of images, labels and initial parameters.
  public var seed: UInt64

  /// The number of steps to time: at least `least`, then until `seconds` have passed or `most` is reached.
  public struct StepCount: Sendable, Hashable {
    /// Steps that are timed whatever their duration.
    public var least: Int
    /// Most steps.
    public var most: Int
    /// Seconds after which no further step starts, once there are `least`.
    public var seconds: Seconds

    /// At least five steps, and up to a hundred within one second: the median of short steps then rests on many, and a
    /// trial of long ones is over soon.
    public static let automatic = StepCount(least: 5, most: 100, seconds: Seconds(1))

    /// Warm-up: at least two steps, of which the first touches memory and the second fills caches, and up to a hundred
    /// within a tenth of a second, in which idle processors reach their clock.
    public static let warmUp = StepCount(least: 2, most: 100, seconds: Seconds(0.1))

    /// A number of steps between `least` and `most`.
    public init(least: Int, most: Int, seconds: Seconds) {
      self.least = least
      self.most = max(least, most)
      self.seconds = seconds
    }

    /// Exactly `count` steps.
    public init(exactly count: Int) { self.init(least: count, most: count, seconds: Seconds(0)) }

    func wantsMore(than count: Int, after seconds: Double) -> Bool {
      count < least || (count < most && seconds < self.seconds.value)
    }
  }

  /// Default limit on the duration of a trial.
  public static let defaultTimeout = Seconds(300)

  /// A request; the memory limit defaults to the configuration's, or to the memory of this machine.
  public init(
    _ configuration: Configuration, threads: Int = StepRunner.Options.processors, warmUp: StepCount = .warmUp,
    steps: StepCount = .automatic, memoryLimit: Bytes? = nil, timeout: Seconds = Self.defaultTimeout,
    products: MatrixProducts? = nil, seed: UInt64 = 0
  ) {
    self.configuration = configuration
    self.threads = threads
    self.warmUp = warmUp
    self.steps = steps
    self.memoryLimit = memoryLimit ?? configuration.memoryLimit ?? Bytes(StepRunner.physicalMemory)
    self.timeout = timeout
    self.products = products
    self.seed = seed
  }

  var options: StepRunner.Options {
    StepRunner.Options(threads: threads, memoryLimit: memoryLimit, products: products, seed: seed)
  }
}

// MARK: - JSON

extension TrialRequest: Encodable {
  /// The keys of a request.
  public enum Key: String, CaseIterable, Sendable, CodingKey {
    case configuration, threads, warmUp, warmUpSeconds, leastSteps, mostSteps, seconds, memoryLimit, timeout, products
    case seed
  }

  /// Encodes one JSON object, with the configuration as in the contract and its shape by numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(ConfigurationObject(configuration), forKey: .configuration)
    try container.encode(threads, forKey: .threads)
    try container.encode(warmUp.least, forKey: .warmUp)
    try container.encode(warmUp.seconds, forKey: .warmUpSeconds)
    try container.encode(steps.least, forKey: .leastSteps)
    try container.encode(steps.most, forKey: .mostSteps)
    try container.encode(steps.seconds, forKey: .seconds)
    try container.encode(memoryLimit, forKey: .memoryLimit)
    try container.encode(timeout, forKey: .timeout)
    try container.encodeIfPresent(products, forKey: .products)
    try container.encode(Int(bitPattern: UInt(seed)), forKey: .seed)
  }

  /// Reads a request, strictly; only the configuration is required.
  ///
  /// - Throws: `ConfigurationError`.
  public init(json line: some Collection<UInt8>, catalog: Catalog) throws(ConfigurationError) {
    let value: LooseValue
    do { value = try LooseValue(json: line) } catch {
      throw ConfigurationError(key: "", value: "this request", rule: "is not JSON: \(error)")
    }
    let fields = try Fields<Key>(value, path: "")
    let configuration = try Configuration(measuring: try fields.object(.configuration), catalog: catalog)
    func seconds(_ key: Key, _ fallback: Seconds) throws(ConfigurationError) -> Seconds {
      try fields.optionalNumber(key).map { Seconds(max(0, $0)) } ?? fallback
    }
    func count(_ key: Key, _ fallback: Int, from least: Int) throws(ConfigurationError) -> Int {
      let value = try fields.integer(key, default: fallback)
      guard value >= least, value <= 1 << 20 else {
        throw ConfigurationError(key: key.rawValue, value: "\(value)", rule: "must be between \(least) and \(1 << 20)")
      }
      return value
    }
    let automatic = StepCount.automatic, warm = StepCount.warmUp
    self.init(
      configuration, threads: try count(.threads, StepRunner.Options.processors, from: 1),
      warmUp: StepCount(
        least: try count(.warmUp, warm.least, from: 0), most: warm.most,
        seconds: try seconds(.warmUpSeconds, warm.seconds)),
      steps: StepCount(
        least: try count(.leastSteps, automatic.least, from: 1), most: try count(.mostSteps, automatic.most, from: 1),
        seconds: try seconds(.seconds, automatic.seconds)),
      memoryLimit: try fields.bytes(.memoryLimit), timeout: try seconds(.timeout, Self.defaultTimeout),
      products: fields[.products] == nil ? nil : try fields.choice(.products),
      seed: UInt64(UInt(bitPattern: try fields.integer(.seed, default: 0))))
  }

  /// The request as one line of JSON, without its line break.
  public var json: String { WireJSON.text(self) }
}

/// A configuration in the words of the contract.
private struct ConfigurationObject: Encodable {
  private let configuration: Configuration

  init(_ configuration: Configuration) { self.configuration = configuration }

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    let c = configuration
    for key in Configuration.Key.allCases {
      let name = Name(key.rawValue)
      switch key {
      case .shape:
        var shape = container.nestedContainer(keyedBy: Name.self, forKey: name)
        try shape.encode(c.shape.width, forKey: Name("width"))
        try shape.encode(c.shape.depth, forKey: Name("depth"))
        try shape.encode(c.shape.mlpWidth, forKey: Name("mlpWidth"))
        try shape.encode(c.shape.heads, forKey: Name("heads"))
        try shape.encode(c.shape.patch, forKey: Name("patch"))
      // Whatever the parent's catalog calls the device, the worker runs on this machine.
      case .device: try container.encode(Configuration.MeasuredDefaults.device, forKey: name)
      case .batch: try container.encode(c.batch, forKey: name)
      case .imageSize: try container.encode(c.imageSize, forKey: name)
      case .head: try container.encode(c.head, forKey: name)
      case .classes: try container.encode(c.classes, forKey: name)
      case .optimizer: try container.encode(c.optimizer, forKey: name)
      case .precision: try container.encode(c.precision, forKey: name)
      case .gradientClipping: try container.encode(c.gradientClipping, forKey: name)
      case .rematerialization: try container.encode(c.rematerialization, forKey: name)
      case .layers: try container.encode(c.layers, forKey: name)
      case .dataParallel: try container.encode(c.dataParallel, forKey: name)
      case .memoryLimit: try container.encodeIfPresent(c.memoryLimit, forKey: name)
      case .compiler: try container.encodeIfPresent(c.compiler, forKey: name)
      }
    }
  }
}
