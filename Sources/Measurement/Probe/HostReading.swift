import CKernels
import Foundation
import HostPlan
import VisionTransformer

/// A probe's findings about this machine: the figures of a device file.
public struct HostReading: Sendable {
  /// Name of the processor.
  public var processor: String
  /// Library that matrix products came from, with its version.
  public var library: String
  /// Instruction set of the kernels.
  public var instructions: String
  /// Threads, cache, seconds for each unit of work, and the number of steps that were disturbed at every try.
  public var figures: HostFigures
  /// Memory of the machine.
  public var memory: Bytes
  /// Memory that a process can expect to get.
  public var usableMemory: Bytes
  /// Bytes a second of a copy between buffers larger than any cache, counting reads and writes.
  public var bandwidth: Double
  /// FLOP a second of a large matrix product on all threads.
  public var productRate: Double
  /// FLOP a second of square matrix products on all threads, by library and size; only for installed libraries.
  public var productRates: [ProductRate]
  /// Clock in Hz as the system reports it; 1 GHz if it does not.
  public var clock: Double
  /// Kernels that were timed.
  public var samples: Int
  /// Time of the probe, ISO 8601 in UTC.
  public var time: String

  /// How fast a library multiplies two square matrices.
  public struct ProductRate: Sendable, Hashable {
    /// The library.
    public var library: MatrixProducts
    /// Rows and columns of each matrix.
    public var size: Int
    /// FLOP a second.
    public var rate: Double
  }
}

extension HostReading {
  /// The findings in one line.
  public var summary: String {
    "\(counted(figures.threads, "thread")) of \(processor), \(library), \(fixed(productRate / 1e9, digits: 0)) GFLOP/s of large "
      + "products, \(fixed(bandwidth / 1e9, digits: 1)) GB/s, \(samples) kernels timed"
  }

  /// Why the findings may not be those of the machine at its best; nil if nothing disturbed them.
  public var doubt: String? {
    guard figures.disturbed > 0 else { return nil }
    return
      "\(figures.disturbed) of \(counted(HostProbe.configurations.count, "step")) were disturbed by something else at every "
      + "try: probe again for estimates of this machine at its best"
  }
}

extension HostProbe {
  /// Measures this machine: matrix products, bandwidth, and every kernel of `configurations`; under a minute.
  ///
  /// - Parameter progress: called with the number of `configurations` done; may throw to stop.
  /// - Throws: `MeasurementError`, and errors from `progress`.
  public func read(progress: (Int) throws -> Void = { _ in }) throws -> HostReading {
    let cache = Machine.cache
    let version = try products?.load() ?? MatrixProducts.loadFastest().version
    let (samples, disturbed) = try samples(cache: cache, progress: progress)
    let memory = StepRunner.physicalMemory
    return HostReading(
      processor: Machine.processor, library: version, instructions: Machine.instructions,
      figures: HostFigures(
        processor: Machine.processor, threads: threads, cache: cache, rates: Self.rates(samples), disturbed: disturbed),
      memory: Bytes(memory),
      usableMemory: Bytes(memory / 10 * 9), bandwidth: bandwidth(), productRate: try productRate(),
      productRates: try productRates(), clock: Machine.clock ?? 1e9, samples: samples.count,
      time: Date.now.formatted(.iso8601))
  }

  // A product with 2048 columns for each thread, repeated until the result is reliable.
  private func productRate() throws(MeasurementError) -> Double {
    guard let team = sf_team_create(Int32(clamping: threads)) else { throw .noThreads(threads) }
    defer { sf_team_destroy(team) }
    return try rate(of: MatrixProduct(m: 2048, n: 1024, k: 1024), team)
  }

  // By size, for every installed library; afterwards the steps' library is in use again.
  private func productRates() throws(MeasurementError) -> [HostReading.ProductRate] {
    guard let team = sf_team_create(Int32(clamping: threads)) else { throw .noThreads(threads) }
    defer { sf_team_destroy(team) }
    var rates: [HostReading.ProductRate] = []
    for library in MatrixProducts.allCases {
      do { try library.load() } catch { continue }
      for size in [128, 256, 512, 1024, 2048] {
        let rate = try rate(of: MatrixProduct(m: size, n: size, k: size), team)
        rates.append(HostReading.ProductRate(library: library, size: size, rate: rate))
      }
    }
    if let products { try products.load() } else { _ = try MatrixProducts.loadFastest() }
    return rates
  }

  // The best of seven runs, in which small products are repeated.
  private func rate(of product: MatrixProduct, _ team: OpaquePointer) throws(MeasurementError) -> Double {
    let flops = product.flops
    let count = max(1, Int(2 * 512 * 512 * 512 / flops))
    let replay = ProductReplay(Array(repeating: product, count: count), threads: threads)
    var best = Double.infinity
    for _ in 0..<7 { best = min(best, try replay.run(team).value) }
    return Double(count) * flops / best
  }

  // Eight times 64 MiB from one buffer to another on all threads.
  private func bandwidth() -> Double {
    let count = 16 << 20
    guard let team = sf_team_create(Int32(clamping: threads)) else { return 1e9 }
    defer { sf_team_destroy(team) }
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 2 * count)
    defer { memory.deallocate() }
    memory.initialize(repeating: 1, count: 2 * count)
    var arguments = sf_copy_arguments()
    arguments.blocks = 1
    arguments.rows = 4096
    arguments.n = Int64(count / 4096)
    arguments.x = UnsafePointer(memory)
    arguments.x_row = arguments.n
    arguments.y = memory + count
    arguments.y_row = arguments.n
    arguments.factor = 1
    var best = Double.infinity
    withUnsafePointer(to: &arguments) { arguments in
      let calls = [sf_call(kernel: sf_copy, arguments: UnsafeRawPointer(arguments))]
      for _ in 0..<8 {
        let clock = ContinuousClock()
        let start = clock.now
        sf_team_run(team, calls, 1, nil)
        best = min(best, (clock.now - start) / .seconds(1))
      }
    }
    return 2 * Double(count * MemoryLayout<Float>.stride) / best
  }
}

extension HostReading {
  /// The reading as a device file, every value with its source.
  public var yaml: String {
    let source =
      "shapefinder devices probe, \(time), \(counted(figures.threads, "thread")) of \(processor), \(instructions), \(library)"
    func figure(_ key: String, _ value: String, _ source: String) -> String {
      "\(key):\n  value: \(value)\n  source: >-\n    \(source)\n"
    }
    var text = """
      summary: \(counted(figures.threads, "thread")) of \(processor), as measured.
      kind: cpu

      """
    text += figure("memory", "\(memory.count)", "the memory that the system states")
    text += figure("usableMemory", "\(usableMemory.count)", "nine tenths of memory; the rest is left to the system")
    text += figure(
      "bandwidth", "\(fixed(bandwidth / 1e9, digits: 1)) GB/s",
      "\(source): best of 8 copies of 64 MiB, read and written")
    text += figure(
      "peakFLOPs", "\(fixed(productRate / 1e9, digits: 1)) GFLOP/s", "\(source): best of 7 products 2048 x 1024 x 1024")
    let rates = MatrixProducts.allCases.compactMap { library in
      let rates = productRates.filter { $0.library == library }
      return rates.isEmpty
        ? nil
        : library.label + " " + rates.map { "\($0.size): \(fixed($0.rate / 1e9, digits: 0))" }.joined(separator: ", ")
    }
    if !rates.isEmpty {
      text += figure(
        "productRates", ">-\n    GFLOP/s by size of square matrices, \(rates.joined(separator: "; "))",
        "\(source): best of 7 runs")
    }
    text += figure("clock", "\(fixed(clock / 1e6, digits: 0)) MHz", "what the system states; not used by the model")
    text += figure("processor", ">-\n    \(processor)", "what the system states")
    text += figure("threads", "\(figures.threads)", "given to the probe")
    text += figure("cache", "\(figures.cache.count)", "the last level of cache that the system lists")
    text += figure(
      "validation", "measured", "held against measured steps that the probe does not run; see reports/measured.md")
    let steps = HostProbe.configurations.count
    text += figure(
      "disturbed", "\(figures.disturbed)",
      "\(source): of \(steps) steps, those that something else held up at every try")
    text += "kernels:\n  value:\n"
    for kernel in HostFigures.Kernel.allCases {
      let rates = figures.rates[kernel] ?? .zero
      let values = HostFigures.Work.allCases.filter { rates[$0.index] > 0 }.map { "\($0.rawValue): \(rates[$0.index])" }
      text += "    \(kernel.rawValue): {\(values.joined(separator: ", "))}\n"
    }
    text += """
        source: >-
          seconds a unit of work, least squares without negative terms over \(samples) kernels timed in \
      \(steps) steps, \(figures.disturbed) of them disturbed: \(source)

      """
    return text
  }
}
