import CKernels
import HostPlan
import TrainingStep
import VisionTransformer

/// Runs training steps of one configuration on this machine: real images, labels and parameters, in one block of memory.
///
/// Not thread-safe: one caller at a time.
public final class StepRunner {
  /// Options of a run.
  public struct Options: Sendable, Hashable {
    /// Threads that share every operation.
    public var threads: Int
    /// Most bytes that the step may take; nil means no limit.
    public var memoryLimit: Bytes?
    /// The library for matrix products; nil means the fastest that is installed.
    public var products: MatrixProducts?
    /// Seed of images, labels and initial parameters.
    public var seed: UInt64

    /// Options; `threads` defaults to all processors.
    public init(
      threads: Int = Options.processors, memoryLimit: Bytes? = nil, products: MatrixProducts? = nil, seed: UInt64 = 0
    ) {
      self.threads = threads
      self.memoryLimit = memoryLimit
      self.products = products
      self.seed = seed
    }
  }

  /// The configuration.
  public let configuration: Configuration
  /// Options of the run.
  public let options: Options
  /// The library that matrix products come from.
  public let products: MatrixProducts
  /// Its name and version.
  public let library: String
  /// The layout of the step's memory.
  public let layout: HostLayout

  let memory: HostMemory
  let calls: CallList
  /// The calls of the list, one for each operation.
  private let list: [sf_call]
  private let team: OpaquePointer
  private let counter: UnsafeMutablePointer<Int32>
  /// Resident bytes of the process before the step's memory was first touched, with libraries loaded and warm.
  let baseline: Int?
  /// The first operations of the backward pass and of the update.
  private let backwardStart: Int
  private let updateStart: Int

  /// Plans a step, allocates its memory and fills in images, labels and parameters.
  ///
  /// - Throws: `MeasurementError`.
  public init(_ configuration: Configuration, options: Options = Options()) throws(MeasurementError) {
    try Self.check(configuration)
    self.configuration = configuration
    self.options = options
    do {
      let program = try TrainingStep(configuration).program
      layout = try HostLayout(HostProgram(program), AxisSizes(configuration), threads: options.threads)
    } catch let error as HostPlanError {
      throw .unsupported(key: "configuration", value: "\(configuration.shape)", rule: "\(error)")
    } catch {
      throw .unsupported(key: "configuration", value: "\(configuration.shape)", rule: "\(error)")
    }
    if let limit = options.memoryLimit, layout.byteCount > limit.count {
      throw .doesNotFit(needed: Bytes(layout.byteCount), limit: limit)
    }
    if let products = options.products {
      self.products = products
      library = try products.load()
    } else {
      (products, library) = try MatrixProducts.loadFastest()
    }
    guard let team = sf_team_create(Int32(clamping: options.threads)) else { throw .noThreads(options.threads) }
    self.team = team
    counter = .allocate(capacity: 1)
    counter.initialize(to: 0)
    let operations = layout.step.operations
    backwardStart = operations.firstIndex { $0.phase != .forward } ?? operations.count
    updateStart = operations.firstIndex { $0.phase == .update } ?? operations.count
    do {
      try Self.warmUp(layout, team)
      baseline = ProcessMemory.resident
      memory = try HostMemory(byteCount: layout.byteCount)
    } catch {
      sf_team_destroy(team)
      counter.deallocate()
      throw error
    }
    calls = CallList(layout, base: memory.base, counter: counter)
    list = calls.calls
    fill()
  }

  deinit {
    sf_team_destroy(team)
    counter.deallocate()
  }

  // MARK: - Running

  /// Runs one step: forward, backward and update, always on the same batch.
  public func step() -> StepTiming {
    let clock = ContinuousClock()
    let start = clock.now
    run(0..<backwardStart)
    let forward = clock.now
    run(backwardStart..<updateStart)
    let backward = clock.now
    counter.pointee &+= 1
    run(updateStart..<layout.step.operations.count)
    let end = clock.now
    return StepTiming(
      forward: Seconds((forward - start) / .seconds(1)), backward: Seconds((backward - forward) / .seconds(1)),
      update: Seconds((end - backward) / .seconds(1)), loss: loss)
  }

  /// Runs one step and returns the wall time of each operation of `layout.step`.
  public func profiledStep() -> [Seconds] {
    counter.pointee &+= 1
    var seconds = [Double](repeating: 0, count: layout.step.operations.count)
    run(0..<layout.step.operations.count, &seconds)
    return seconds.map { Seconds($0) }
  }

  /// Wall time of the step's matrix products alone: a lower bound on the step if everything else were free. Afterwards
  /// the step's own library is in use again.
  ///
  /// - Throws: `MeasurementError.missingLibrary` and `outOfMemory`.
  public func replayProducts(with library: MatrixProducts) throws(MeasurementError) -> Seconds {
    try library.load()
    defer { _ = try? products.load() }
    let list = layout.step.operations.flatMap { $0.kernel.products(layout.sizes) }
    return try ProductReplay(list, threads: options.threads).run(team)
  }

  private func run(_ range: Range<Int>, _ seconds: UnsafeMutablePointer<Double>? = nil) {
    list.withUnsafeBufferPointer { list in
      guard let first = list.baseAddress else { return }
      sf_team_run(team, first + range.lowerBound, range.count, seconds.map { $0 + range.lowerBound })
    }
  }

  /// The loss of the last step, before its update.
  public var loss: Float {
    guard let location = layout.step.locations[layout.step.program.loss] else { return .nan }
    return calls.address(location).assumingMemoryBound(to: Float.self).pointee
  }

  /// Calls `body` with the elements of a parameter, a gradient or a float32 tensor of state; nil if no buffer holds the
  /// value.
  public func withElements<Result>(
    of value: Value, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result? {
    guard let location = layout.step.locations[value] else { return nil }
    let count = layout.step[location].extent(layout.sizes)
    return try body(
      UnsafeMutableBufferPointer(start: calls.address(location).assumingMemoryBound(to: Float.self), count: count))
  }

  // MARK: - Preparing

  private static func check(_ c: Configuration) throws(MeasurementError) {
    if c.precision != .float32 {
      throw .unsupported(
        key: "precision", value: c.precision.rawValue,
        rule: "must be float32: its kernels run float32 activations")
    }
    if c.layers != .unrolled {
      throw .unsupported(
        key: "layers", value: c.layers.rawValue, rule: "must be unrolled: it runs the blocks one after another")
    }
  }

  /// Runs every product of the step once on all threads, so that memory that libraries keep for themselves is not
  /// counted as the step's.
  private static func warmUp(_ layout: HostLayout, _ team: OpaquePointer) throws(MeasurementError) {
    let products = Set(
      layout.step.operations.flatMap { $0.kernel.products(layout.sizes) }.map { product in
        var once = product
        once.count = min(product.count, layout.threads)
        return once
      })
    try ProductReplay(Array(products), threads: layout.threads).run(team)
  }

  private func fill() {
    let program = layout.step.program
    let data = SyntheticData(seed: options.seed)
    _ = withElements(of: program.images) { data.fillImages($0) }
    _ = withElements(of: program.labels) { data.fillLabels($0, classes: configuration.classes) }
    for (number, parameter) in program.parameters.enumerated() {
      _ = withElements(of: parameter.value) {
        data.fillParameter(number, of: program[parameter.value], sizes: layout.sizes, into: $0)
      }
    }
  }
}

/// The times of one measured step.
public struct StepTiming: Sendable, Hashable {
  /// From images to the loss.
  public var forward: Seconds
  /// From the loss to all gradients, recomputation included.
  public var backward: Seconds
  /// Clipping and the optimizer.
  public var update: Seconds
  /// The loss before the update.
  public var loss: Float

  /// The whole step.
  public var total: Seconds { Seconds(forward.value + backward.value + update.value) }
}
