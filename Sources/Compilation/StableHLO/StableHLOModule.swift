import TrainingStep
import VisionTransformer

/// A training step as the text of a StableHLO module.
///
/// Arguments are the parameters, the step counter and the optimizer's state, each donated to the result at the same
/// index, then images and labels; the last result is the loss. With several cores, each holds all parameters and its
/// own part of the batch, and the compiler's partitioner adds the all-reduces of the gradients.
///
/// ```swift
/// let module = try StableHLOModule(configuration)
/// let outcome = await compiler.compile(CompileProgram(module.text, partitions: module.partitions), topology: topology)
/// ```
public struct StableHLOModule: Sendable {
  /// The module.
  public let text: String
  /// Cores that it is sharded over; 1 means no sharding.
  public let partitions: Int
  /// Arguments of the step in order. The results replace all but the last two, images and labels, in the same order.
  public let arguments: [Argument]

  /// An argument of the printed step.
  public struct Argument: Sendable, Hashable {
    /// Its name in the program; with scanned layers, the name of the first block's.
    public let name: String
    /// Extents over all cores together.
    public let dimensions: [Int]
    /// Type of the elements.
    public let element: ElementType
    /// The program's values in it: one, or one for each block if layers are scanned; none if no value of the program
    /// has its shape, as with moments that are factored differently when stacked.
    public let values: [Value]
  }

  /// The step of `program` with `sizes` a core, over `partitions` cores.
  ///
  /// - Parameter layers: Whether blocks are unrolled or a loop over stacked parameters.
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

  /// The step of a configuration, over its data-parallel cores unless `partitions` is given.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  public init(_ configuration: Configuration, partitions: Int? = nil) throws(ShapeError) {
    self.init(
      try TrainingStep(configuration).program, AxisSizes(configuration), layers: configuration.layers,
      partitions: partitions ?? configuration.dataParallel)
  }
}
