import TrainingStep
import VisionTransformer

/// A training step as the text of a StableHLO module, as a compiler takes it.
///
/// Arguments are the parameters, the step counter and the optimizer's state, which are donated to the results of the same place,
/// then images and labels; the last result is the loss. Over several cores each holds all parameters and its own part of the
/// batch, and the compiler's partitioner adds the all-reduces of the gradients.
///
/// ```swift
/// let module = try StableHLOModule(configuration)
/// let outcome = await compiler.compile(CompileProgram(module.text, partitions: module.partitions), topology: topology)
/// ```
public struct StableHLOModule: Sendable {
  /// The module.
  public let text: String
  /// Cores that it is sharded over; 1: none.
  public let partitions: Int
  /// Arguments of the step in order. All but the last two, images and labels, are replaced by the results in the same order.
  public let arguments: [Argument]

  /// An argument of the printed step.
  public struct Argument: Sendable, Hashable {
    /// Its name in the program; with scanned layers that of the first block's.
    public let name: String
    /// Extents, those of all cores together.
    public let dimensions: [Int]
    /// Type of the elements.
    public let element: ElementType
    /// The program's values in it: one, or one a block where layers are scanned; none where no value of the program has its
    /// shape, as moments that are factored otherwise when they are stacked.
    public let values: [Value]
  }

  /// The step of `program` with `sizes` a core, over `partitions` cores.
  ///
  /// - Parameter layers: Whether blocks are written out or are a loop over stacked parameters.
  public init(_ program: Program, _ sizes: AxisSizes, layers: Layers = .unrolled, partitions: Int = 1) {
    let partitions = max(1, partitions)
    self.partitions = partitions
    var whole = sizes
    whole[.batch] = sizes[.batch] * partitions
    let blocks = layers == .scanned ? StackedBlocks(program) : nil
    var printer = StableHLOPrinter(program, whole, isScanned: blocks != nil)
    var signature = StableHLOSignature(program, blocks, printer)
    signature.bind(&printer)
    if let blocks {
      printer.printScanned(blocks)
    } else {
      printer.print(program.operations.indices)
    }
    arguments = signature.arguments
    text = signature.module(printer.writer.text, signature.results(&printer), partitions)
  }

  /// The step of a configuration, over its data-parallel cores if nothing else is said.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  public init(_ configuration: Configuration, partitions: Int? = nil) throws(ShapeError) {
    self.init(
      try TrainingStep(configuration).program, AxisSizes(configuration), layers: configuration.layers,
      partitions: partitions ?? configuration.dataParallel)
  }
}
