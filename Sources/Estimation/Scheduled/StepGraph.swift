import Scheduling
import TrainingStep
import VisionTransformer

/// The graph that XLA:TPU schedules for a step with recomputed blocks, as far as memory goes: fused work, all-reduces of
/// gradients, updates in place.
struct StepGraph {
  /// An array with its bytes.
  struct Array: WrittenArray {
    var tiledBytes: Int
    var unpaddedBytes: Int
    var isScalar = false

    var compactBytes: Int { tiledBytes }
    var description: String { "\(tiledBytes)" }

    static let scalar = Array(tiledBytes: TileLayout.scalarBytes, unpaddedBytes: 4, isScalar: true)

    static func == (a: Self, b: Self) -> Bool { a.tiledBytes == b.tiledBytes }
    func hash(into hasher: inout Hasher) { hasher.combine(tiledBytes) }
  }

  /// What a node stands for.
  struct Detail {
    var phase: Phase
    var label: Label
    var instant: Instant
    /// Of each output.
    var purposes: [Purpose]
    var unpaddedBytes: [Int]
  }

  /// The name of a node's work.
  enum Label {
    case piece(part: Part, block: Int?, name: String)
    case allReduce
    case update(name: String)
  }

  let template: StepTemplate
  let depth: Int
  let sizes: AxisSizes
  var writer: GraphWriter<Array>
  /// By node of the writer; nil for names and arguments.
  private(set) var details: [Detail?] = []

  private let arrays: [Array]
  private var otherArguments: [Int] = []
  private var blockArguments: [[Int]] = []
  /// Nodes of the pieces of each part.
  private var made: [StepTemplate.Stretch: [Int]] = [:]

  init(_ template: StepTemplate, depth: Int, sizes: AxisSizes, alignment: Int) {
    self.template = template
    self.depth = depth
    self.sizes = sizes
    writer = GraphWriter(alignment: alignment, numbersNames: false)
    arrays = template.buffers.buffers.map { buffer in
      Array(
        tiledBytes: buffer.bytes(sizes), unpaddedBytes: buffer.unpaddedBytes(sizes), isScalar: buffer.axes.isEmpty)
    }
  }

  /// The graph, and what its nodes stand for.
  mutating func write() -> (graph: ScheduledGraph, details: [Detail?]) {
    writeArguments()
    write(.stem, as: .stem)
    for block in 0..<depth { write(.forward(ofTemplate(block)), as: .forward(block)) }
    write(.head, as: .head)
    for block in (0..<depth).reversed() { write(.backward(ofTemplate(block)), as: .backward(block)) }
    write(.stemGradient, as: .stemGradient)
    let results = writeUpdates()
    let written = writer.graphWithDrafts(results: results)
    return (written.graph, written.drafts.map { $0 < details.count ? details[$0] : nil })
  }

  // MARK: - Parts

  /// The template's block that a block is like: the first, the last, or one between them.
  func ofTemplate(_ block: Int) -> Int {
    template.depth == depth
      ? block : block == 0 ? 0 : block == depth - 1 ? template.depth - 1 : min(1, template.depth - 1)
  }

  private mutating func writeArguments() {
    func add(_ buffer: Int, _ self: inout Self) -> Int {
      self.writer.add("argument", .parameter, 2 * (self.writer.drafts.count + 1), [], self.arrays[buffer])
    }
    otherArguments = template.otherArguments.map { add($0, &self) }
    blockArguments = (0..<depth).map { _ in template.blockArguments.map { add($0, &self) } }
  }

  private mutating func write(_ part: StepTemplate.Stretch, as own: StepTemplate.Stretch) {
    var nodes: [Int] = []
    for piece in template.pieces[part] ?? [] {
      // Pieces of this part are found here before the part is whole.
      made[own] = nodes
      var reads: [Int] = []
      for source in piece.reads { reads.append(self.node(source, in: part, as: own)) }
      let outputs =
        piece.isBarrier ? reads.map { writer.drafts[$0].outputs[0] } : piece.writes.map { arrays[$0.buffer] }
      let node = writer.add(
        piece.name, piece.isBarrier ? .tuple : .work, number(), reads, outputs: outputs,
        replacing: piece.isInPlace ? Swift.Array(reads.prefix(1)) : [])
      describe(
        node,
        Detail(
          phase: piece.phase, label: .piece(part: piece.part, block: own.block, name: piece.name),
          instant: instant(piece, own.block), purposes: piece.writes.map(\.purpose),
          unpaddedBytes: outputs.map(\.unpaddedBytes)))
      nodes.append(node)
    }
    made[own] = nodes
  }

  private func instant(_ piece: StepTemplate.Piece, _ block: Int?) -> Instant {
    block == 0 && piece.phase != .forward ? .firstBlockBackward : piece.instant
  }

  /// The node of a source that part `part` of the template reads, where it is written as part `own`.
  mutating func node(_ source: StepTemplate.Source, in part: StepTemplate.Stretch?, as own: StepTemplate.Stretch?)
    -> Int
  {
    switch source {
    case .argument(let block, let slot):
      guard let block else { return otherArguments[slot] }
      return blockArguments[moved(block, part, own)][slot]
    case .piece(let other, let piece, let output):
      let target: StepTemplate.Stretch =
        switch other {
        case .forward(let block): .forward(moved(block, part, own))
        case .backward(let block): .backward(moved(block, part, own))
        case .stem, .head, .stemGradient: other
        }
      let whole = node(piece: piece, of: target), draft = writer.drafts[whole]
      return draft.outputs.count == 1 && draft.role != .tuple ? whole : writer.element(output, of: whole)
    }
  }

  /// The node of a piece of a part of this step.
  func node(piece: Int, of part: StepTemplate.Stretch) -> Int { made[part]?[piece] ?? 0 }

  /// The block of this step that a block of the template stands for, seen from a part.
  private func moved(_ block: Int, _ part: StepTemplate.Stretch?, _ own: StepTemplate.Stretch?) -> Int {
    guard let from = part?.block, let to = own?.block else { return block == 0 ? 0 : depth - template.depth + block }
    return to + block - from
  }

  func argument(_ block: Int?, _ slot: Int) -> Int { block.map { blockArguments[$0][slot] } ?? otherArguments[slot] }

  /// The number of the next node: nodes are numbered as they are written.
  func number() -> Int { 2 * (writer.drafts.count + 1) }

  mutating func describe(_ node: Int, _ detail: Detail) {
    while details.count <= node { details.append(nil) }
    details[node] = detail
  }
}
