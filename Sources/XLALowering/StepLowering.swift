import Scheduling
import TrainingStep
import VisionTransformer

/// Lowers a training step to the graph that XLA:TPU schedules: its fused work with tiled values, its all-reduces, its
/// updates in place.
///
/// A block is written from a template, which was read off the graphs that libtpu 0.0.17.1 schedules: element-wise work
/// is part of the product or the reduction that reads it, a layer norm's statistics come with the product before it, the
/// gradient of a bias with the gradient that it sums.
struct StepLowering {
  let configuration: Configuration
  let program: Program
  let sizes: AxisSizes
  var writer: GraphWriter
  /// Arguments by name.
  var arguments: [String: Int] = [:]
  /// Adafactor's share of a new mean, by the size of the axis that it is a mean over.
  var shares: [Int: Int] = [:]
  /// Kernels that were cast, by name.
  var casts: [String: Int] = [:]
  /// Gradients of parameters before they are reduced, by the parameter's name.
  var gradients: [String: Int] = [:]

  let batch: Int, tokens: Int, width: Int, mlpWidth: Int, heads: Int, headWidth: Int, classes: Int, depth: Int
  /// Patches along a side of an image.
  let side: Int

  init(_ configuration: Configuration, _ program: Program, alignment: Int) {
    self.configuration = configuration
    self.program = program
    sizes = AxisSizes(configuration)
    writer = GraphWriter(alignment: alignment)
    batch = sizes[.batch]
    tokens = sizes[.tokens]
    width = sizes[.width]
    mlpWidth = sizes[.mlpWidth]
    heads = sizes[.heads]
    headWidth = sizes[.headWidth]
    classes = sizes[.classes]
    depth = configuration.shape.depth
    side = configuration.patchesPerSide
  }

  /// The whole step.
  mutating func lower() -> ScheduledGraph {
    writeArguments()
    var blocks: [Block] = []
    let stem = writeStem()
    for index in 0..<depth { blocks.append(writeForward(index, blocks.last.map { output(of: $0) } ?? stem.residual)) }
    let head = writeHead(output(of: blocks[depth - 1]))
    var upstream = head.gradient
    for block in blocks.reversed() { upstream = writeBackward(block, upstream) }
    writeStemGradient(stem, blocks[0], upstream)
    let reduced = writeReductions(loss: head.loss)
    let results = writeUpdates(reduced)
    writer.orderUpdates(after: reduced.nodes)
    return writer.graph(results: results)
  }

  // MARK: - Arguments

  private mutating func writeArguments() {
    var number = 0
    for parameter in ordered { argument(parameter.value, &number) }
    for value in [program.images, program.labels] { argument(value, &number) }
    for parameter in ordered { for state in parameter.state { argument(state, &number) } }
    if let counter = program.counter { argument(counter.before, &number) }
  }

  private mutating func argument(_ value: Value, _ number: inout Int) {
    let info = program[value]
    number += 2
    arguments[info.name] = writer.add(info.name, .parameter, Pass.argument(number), [], layout(info.type))
  }

  /// Parameters in the order of the step's results.
  var ordered: [Parameter] {
    program.parameters.map { (parameter: $0, path: FlaxPath(program[$0.value].name, isScanned: false)) }
      .sorted { $0.path < $1.path }.map(\.parameter)
  }

  /// How an argument stands in memory.
  func layout(_ type: TensorType) -> TiledArray {
    let extents = type.axes.map { sizes[$0] }
    switch type.axes {
    case [.width, .heads, .headWidth]: return TiledArray(type.element, extents, [2, 1, 0], [0, 2, 1], [0, 1, 2])
    case [.heads, .headWidth, .width]: return TiledArray(type.element, extents, [2, 1, 0], [2, 0, 1])
    case [.patchRows, .patchColumns, .channels, .width]: return TiledArray(type.element, extents, [3, 1, 2, 0])
    case [.batch, .imageRows, .imageColumns, .channels]: return TiledArray(type.element, extents, [2, 1, 3, 0])
    // Moments of a patch kernel with 32 rows and more.
    case [.patchColumns, .channels, .width], [.patchRows, .channels, .width]:
      return TiledArray(type.element, extents, [2, 0, 1])
    case [.patchRows, .patchColumns, .channels]: return TiledArray(type.element, extents, [1, 0, 2])
    case [.one, .tokens, .width]: return residual(type.element, extents)
    case [.width, .classes]: return TiledArray(type.element, extents, [0, 1], [1, 0])
    case _ where extents.count == 2: return TiledArray(type.element, extents, [1, 0], [0, 1])
    default: return TiledArray(type.element, extents)
    }
  }

  func argument(_ name: String) -> Int { arguments[name] ?? 0 }

  /// A parameter cast to the activations' type by work of its own, as vectors are.
  mutating func cast(_ name: String, _ origin: String) -> Int {
    let own = argument(name)
    var array = writer.drafts[own].outputs[0]
    array.element = .bfloat16
    return writer.add("\(origin)/convert", writer.drafts[own].number + 1, [own], array)
  }

  // MARK: - Arrays

  /// Tokens of the residual stream.
  func residual(_ element: ElementType, _ extents: [Int]) -> TiledArray {
    TiledArray(element, extents, [2, 1, 0], [1, 2, 0])
  }
  var stream: TiledArray { residual(.bfloat16, [batch, tokens, width]) }
  var projection: TiledArray {
    TiledArray(.bfloat16, [batch, tokens, heads, headWidth], [1, 3, 2, 0], [3, 1, 2, 0])
  }
  /// Queries, keys or values by head.
  var byHead: TiledArray { TiledArray(.bfloat16, [batch, heads, headWidth, tokens], [3, 2, 1, 0], [2, 3, 1, 0]) }
  var logits: TiledArray { TiledArray(.bfloat16, [batch, heads, tokens, tokens], [2, 3, 1, 0]) }
  var statistic: TiledArray { TiledArray(.bfloat16, [batch, heads, tokens]) }
  var moment: TiledArray { TiledArray(.float32, [batch, tokens]) }
  var hidden: TiledArray { residual(.bfloat16, [batch, tokens, mlpWidth]) }
  func vector(_ size: Int, _ element: ElementType = .bfloat16) -> TiledArray { TiledArray(element, [size]) }
  var headBias: TiledArray { TiledArray(.bfloat16, [heads, headWidth], [1, 0], [0, 1]) }

  /// The gradient of a parameter, as the compiler computes it.
  func gradientArray(_ name: String) -> TiledArray {
    var array = writer.drafts[argument(name)].outputs[0]
    array.element = .bfloat16
    return array
  }

  /// Whether the gradients of attention outputs have the heads before the tokens: where tokens or heads fill their lanes,
  /// or the residual stream has tokens on lanes.
  ///
  /// Source: seen in the graphs of 47 steps; it decides which operand of a product is which, and no bytes.
  var hasHeadsFirst: Bool { hasTokensOnLanes || tokens % 128 == 0 || headWidth % 128 == 0 }

  /// Whether the residual stream has its tokens on the lanes.
  var hasTokensOnLanes: Bool { stream.minorToMajor[0] == 1 }

  /// A kernel as a product of the forward and the backward pass reads it: where heads are on sublanes it is cast by work
  /// of its own, and kept.
  mutating func kernel(_ name: String, _ origin: String) -> Int {
    let array = writer.drafts[argument(name)].outputs[0]
    guard array.minorToMajor[1] == (name.hasSuffix("out/kernel") ? 0 : 1) else { return argument(name) }
    if let known = casts[name] { return known }
    let node = cast(name, origin)
    casts[name] = node
    return node
  }

  /// Whether the gradient of the logits is written, as `XLARegime.writesLogitsGradient`.
  var writesLogitsGradient: Bool {
    func plane(_ array: TiledArray) -> Int { array.tiledBytes / (batch * heads) }
    return 5 * plane(logits) > 27 * plane(byHead)
  }
}
