import HostPlan
import TrainingStep
import VisionTransformer

/// Estimates of one block shape on a host at any depth, from its planned memory and its kernels' times.
///
/// Bytes leave out the gaps between buffers (`HostMemory`), which are laid out exactly where they could decide the verdict.
public struct HostSeries: Sendable {
  private let configuration: Configuration
  private let memory: HostMemory
  private let parameterCount: LinearBytes
  private let seconds: (base: LinearSeconds, spill: LinearSeconds)
  private let flops: LinearSeconds
  private let figures: HostFigures

  private struct LinearSeconds: Sendable {
    var atFirst: Double
    var perBlock: Double

    func callAsFunction(_ depth: Int) -> Double { atFirst + perBlock * Double(depth - HostModel.depth) }
  }

  init(
    _ model: HostModel, _ configuration: Configuration, sizes: AxisSizes, device: Device, figures: HostFigures
  ) {
    self.configuration = configuration
    memory = HostMemory(model, configuration, sizes: sizes, device: device, figures: figures)
    self.figures = figures
    parameterCount = LinearBytes(
      model.first.program.parameterCount(sizes), model.second.program.parameterCount(sizes))
    flops = Self.line(
      model.first.program.flops(.forward, sizes) / Double(configuration.batch),
      model.second.program.flops(.forward, sizes) / Double(configuration.batch))
    let first = Self.seconds(model.first, sizes, figures), second = Self.seconds(model.second, sizes, figures)
    seconds = (Self.line(first.base, second.base), Self.line(first.spill, second.spill))
  }

  private static func line(_ first: Double, _ second: Double) -> LinearSeconds {
    LinearSeconds(atFirst: first, perBlock: second - first)
  }

  private static func seconds(
    _ step: HostProgram, _ sizes: AxisSizes, _ figures: HostFigures
  ) -> (base: Double, spill: Double) {
    var sum = (base: 0.0, spill: 0.0)
    for operation in step.operations {
      guard let work = HostWork(operation.kernel, step, sizes) else { continue }
      let base = work.seconds(figures, spill: 0)
      sum.base += base
      sum.spill += work.seconds(figures, spill: 1) - base
    }
    return sum
  }

  /// Blocks of the deepest step that is laid out. Laying out takes time that grows with the square of the number of
  /// buffers, up to a second and a half at 300 blocks.
  public static let mostBlocksLaidOut = 128

  /// The verdict as far as the live bytes settle it: *uncertain* if the gaps between buffers could decide.
  func bounds(depth: Int) -> Verdict { memory.bounds(depth: depth) }

  /// The estimate at `depth` blocks.
  public func estimate(depth: Int) -> Estimate {
    let (best, live) = memory.peak(depth)
    // If gaps could decide, lay the step out.
    let laidOut = memory.bounds(live) == .uncertain && depth <= Self.mostBlocksLaidOut ? laidOut(depth) : nil
    let total = laidOut ?? live
    let isOpen = laidOut == nil && memory.bounds(live) == .uncertain
    func bytes(_ purpose: HostPurpose) -> Int { best.bytes[purpose.rawValue](depth) }
    let spill = HostWork.spill(stepBytes: live, cache: figures.cache)
    return Estimate(
      verdict: isOpen ? .uncertain : total <= memory.limit ? .fits : .doesNotFit,
      caveat: isOpen ? .withinModelError : nil, parameterCount: parameterCount(depth), total: total,
      limit: memory.limit, livePeak: live, parameters: bytes(.parameter), optimizerState: bytes(.optimizerState),
      inputs: bytes(.input), activations: bytes(.activation), gradients: bytes(.gradient),
      workspace: bytes(.workspace) + memory.scratch, packing: total - live, inVectorMemory: 0, code: 0, paddingWaste: 0,
      peak: best.instant, isContested: false, isScheduled: false, rematerialized: nil,
      flopsPerImage: flops(depth), stepSeconds: seconds.base(depth) + spill * seconds.spill(depth),
      allReduceSeconds: 0)
  }

  private func laidOut(_ depth: Int) -> Int? {
    var configuration = configuration
    configuration.shape.depth = depth
    guard let program = try? TrainingStep(configuration).program,
      let layout = try? HostLayout(
        HostProgram(program), AxisSizes(configuration), threads: figures.threads)
    else { return nil }
    return layout.byteCount
  }
}
