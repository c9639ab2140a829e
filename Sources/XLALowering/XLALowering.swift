import Scheduling
import TrainingStep
import VisionTransformer

extension ScheduledGraph {
  /// Why a step is not lowered.
  public struct NotLowered: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason, such as `one image has layouts of its own`.
    public var reason: String
    /// `not lowered, because one image has layouts of its own`.
    public var description: String { "not lowered, because \(reason)" }
  }

  /// The graph that XLA:TPU schedules for a configuration's training step, from the step's program.
  ///
  /// - Parameter alignment: bytes that every value is rounded up to.
  /// - Throws: `NotLowered` for a step of a class whose graphs are not known.
  public init(lowering configuration: Configuration, alignment: Int) throws(NotLowered) {
    if let reason = Self.unknown(configuration) { throw NotLowered(reason: reason) }
    let program: Program
    do { program = try TrainingStep(configuration).program } catch { throw NotLowered(reason: "\(error)") }
    var lowering = StepLowering(configuration, program, alignment: alignment)
    self = lowering.lower()
  }

  private static func unknown(_ configuration: Configuration) -> String? {
    if configuration.layers == .scanned { return "layers are scanned" }
    if configuration.rematerialization == .full { return "blocks are recomputed" }
    if configuration.precision == .float32 { return "activations are float32" }
    if configuration.batch == 1 { return "there is one image" }
    let sizes = AxisSizes(configuration)
    if isBatchMajor(sizes) { return "images, not tokens, are on the sublanes" }
    if hasPaddedLanes(sizes) { return "kernels have the head width on padded lanes, and their updates move them" }
    return nil
  }

  /// Whether the kernels of projections have the width of a head on lanes without filling them.
  private static func hasPaddedLanes(_ sizes: AxisSizes) -> Bool {
    let kernel = TiledArray(
      .float32, [sizes[.width], sizes[.heads], sizes[.headWidth]], [2, 1, 0], [0, 2, 1], [0, 1, 2])
    return kernel.minorToMajor[0] == 2 && sizes[.headWidth] % 128 != 0
  }

  /// As `XLARegime.batchMajor`: the batch takes the tokens' place where those pad and it pads no more.
  private static func isBatchMajor(_ sizes: AxisSizes) -> Bool {
    let batch = sizes[.batch], tokens = sizes[.tokens]
    func ratio(_ size: Int) -> Double { Double((size + 127) / 128 * 128) / Double(size) }
    return tokens % 128 != 0 && ratio(batch) <= ratio(tokens) && !(tokens % 8 == 0 && batch % 128 != 0)
  }
}
