import Scheduling
import TrainingStep
import VisionTransformer

/// The graph that XLA:TPU schedules for a step with recomputed blocks, as far as memory goes: fused work, all-reduces of
/// gradients, updates in place.
struct StepGraph {
  /// What a node stands for.
  enum Work {
    /// An argument, or the result of the step.
    case none
    /// A piece of the template, by its place in `pieces`, for a block of this step.
    case piece(Int, block: Int?)
    case allReduce
    /// The work of an update, by the rank of its name.
    case update(name: Int)
  }

  let template: StepTemplate
  let depth: Int
  let sizes: AxisSizes
  var writer: FlatWriter
  /// By node of the writer; elements of tuples are absent.
  private(set) var works: [Work] = []

  private var otherArguments: [Int] = []
  private var blockArguments: [Int] = []
  /// Nodes of the pieces of all parts, and where those of each part begin.
  private var made: [Int] = []
  private var firstMade: [Int]

  /// The kind of a single number; other kinds are numbers of the template's buffers.
  var scalar: Int { template.buffers.buffers.count }

  init(_ template: StepTemplate, depth: Int, sizes: AxisSizes, alignment: Int) {
    self.template = template
    self.depth = depth
    self.sizes = sizes
    firstMade = Array(repeating: 0, count: StepTemplate.Stretch.count(depth: depth))
    // Of each block two or three times as many nodes as pieces: elements of their results, and updates.
    let capacity = 3 * (template.pieces.count / template.depth + 1) * (depth + 1)
    let kinds = template.buffers.buffers.map { FlatWriter.Kind(bytes: $0.bytes(sizes), isScalar: $0.axes.isEmpty) }
    writer = FlatWriter(
      alignment: alignment, kinds: kinds + [FlatWriter.Kind(bytes: TileLayout.scalarBytes, isScalar: true)],
      capacity: capacity)
    works.reserveCapacity(capacity)
    made.reserveCapacity(capacity)
  }

  /// The graph, and what its nodes stand for.
  mutating func write() -> (graph: FlatGraph, works: [Work]) {
    writeArguments()
    write(.stem, as: .stem)
    for block in 0..<depth { write(.forward(ofTemplate(block)), as: .forward(block)) }
    write(.head, as: .head)
    for block in (0..<depth).reversed() { write(.backward(ofTemplate(block)), as: .backward(block)) }
    write(.stemGradient, as: .stemGradient)
    for result in writeUpdates() { writer.read(result) }
    writer.add(.tuple, name: template.rank(.none))
    let (graph, drafts) = writer.graph()
    return (graph, drafts.map { Int($0) < works.count ? works[Int($0)] : .none })
  }

  // MARK: - Parts

  /// The template's block that a block is like: the first, the last, or one between them.
  func ofTemplate(_ block: Int) -> Int {
    template.depth == depth
      ? block : block == 0 ? 0 : block == depth - 1 ? template.depth - 1 : min(1, template.depth - 1)
  }

  private mutating func writeArguments() {
    let name = template.rank(.argument)
    func add(_ buffer: Int, _ self: inout Self) -> Int {
      self.writer.write(buffer)
      return self.writer.add(.parameter, name: name)
    }
    otherArguments = template.otherArguments.map { add($0, &self) }
    blockArguments = (0..<depth).flatMap { _ in template.blockArguments.map { add($0, &self) } }
  }

  private mutating func write(_ part: StepTemplate.Stretch, as own: StepTemplate.Stretch) {
    firstMade[own.place] = made.count
    for index in template.range(part) {
      let piece = template.pieces[index]
      // Elements of tuples are nodes that must be there first.
      let reads = piece.reads.map { self.node($0, in: part, as: own) }
      for read in reads {
        writer.read(read)
        if piece.isBarrier { writer.write(writer.kind(read)) }
      }
      for output in piece.writes { writer.write(output.buffer) }
      let node = writer.add(
        piece.isBarrier ? .tuple : .work, name: piece.rank, replacing: piece.isInPlace ? 1 : 0)
      describe(node, .piece(index, block: own.block))
      made.append(node)
    }
  }

  /// The node of a source that part `part` of the template reads, where it is written as part `own`.
  mutating func node(_ source: StepTemplate.Source, in part: StepTemplate.Stretch?, as own: StepTemplate.Stretch?)
    -> Int
  {
    switch source {
    case .argument(let block, let slot):
      return argument(block.map { moved($0, part, own) }, slot)
    case .piece(let other, let piece, let output):
      let target = other.block.map { other.of(moved($0, part, own)) } ?? other
      return writer.output(output, of: node(piece: piece, of: target))
    }
  }

  /// The node of a piece of a part of this step.
  func node(piece: Int, of part: StepTemplate.Stretch) -> Int { made[firstMade[part.place] + piece] }

  /// The block of this step that a block of the template stands for, seen from a part.
  private func moved(_ block: Int, _ part: StepTemplate.Stretch?, _ own: StepTemplate.Stretch?) -> Int {
    guard let from = part?.block, let to = own?.block else { return block == 0 ? 0 : depth - template.depth + block }
    return to + block - from
  }

  func argument(_ block: Int?, _ slot: Int) -> Int {
    block.map { blockArguments[$0 * template.blockArguments.count + slot] } ?? otherArguments[slot]
  }

  mutating func describe(_ node: Int, _ work: Work) {
    while works.count < node { works.append(.none) }
    works.append(work)
  }
}
