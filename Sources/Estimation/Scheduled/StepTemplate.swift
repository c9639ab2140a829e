import TrainingStep
import VisionTransformer

/// The work of a step with recomputed blocks, as XLA:TPU fuses it: what each piece reads and writes, by part of the step.
///
/// Read off a program of up to three blocks and a save policy, which says what is written and in which layout. A step of
/// more blocks repeats the parts of the one in the middle (`StepGraph`).
struct StepTemplate: Sendable {
  /// A part of the step: the stem, the head with its backward pass, the stem's backward pass, and of every block the
  /// forward and the backward pass, which begins with its recomputation.
  enum Stretch: Sendable, Hashable {
    case stem, head, stemGradient
    case forward(Int)
    case backward(Int)

    /// The block; nil outside the encoder.
    var block: Int? {
      switch self {
      case .forward(let block), .backward(let block): block
      case .stem, .head, .stemGradient: nil
      }
    }
  }

  /// Where a value comes from.
  enum Source: Sendable, Hashable {
    /// Output number `output` of piece `piece` of a part.
    case piece(Stretch, piece: Int, output: Int)
    /// Argument number `slot` of those of a block, or of the others.
    case argument(block: Int?, slot: Int)
  }

  /// What a piece writes.
  struct Output: Sendable, Hashable {
    /// Number in `buffers`.
    var buffer: Int
    var purpose: Purpose
  }

  /// Fused work.
  struct Piece: Sendable {
    var phase: Phase
    var scope: Stretch
    /// The part of the model, and the operation that gives the piece its name.
    var part: Part
    var name: String
    var reads: [Source]
    var writes: [Output]
    var instant: Instant
    /// Whether it only passes on what it reads.
    var isBarrier = false
    /// Whether what it writes first may take the place of what it reads first.
    var isInPlace = false
  }

  /// A parameter with its moments and its gradient.
  struct Trained: Sendable {
    var block: Int?
    /// Places of the parameter and its moments among the arguments of its block, or among the others.
    var slot: Int
    var moments: [Int]
    var gradient: Source
    var gradientElement: ElementType
    var kind: ParameterKind
    /// Whether its axes are (D, H, d): a projection's kernel.
    var isProjection: Bool
    var name: String
    /// Pieces of the block's backward pass, or of the head, that read the parameter.
    var readers: [Int] = []
  }

  /// Distinct buffers.
  private(set) var buffers = BufferNumbers()
  /// Buffers of a block's arguments, and of all others; equal blocks have equal arguments.
  private(set) var blockArguments: [Int] = []
  private(set) var otherArguments: [Int] = []
  private(set) var pieces: [Stretch: [Piece]] = [:]
  /// Parameters of the first block, and of the rest of the model, each in the order of the step's results.
  private(set) var blockParameters: [Trained] = []
  private(set) var otherParameters: [Trained] = []
  /// The loss, and the step's counter among the other arguments.
  private(set) var loss = Source.argument(block: nil, slot: 0)
  private(set) var counter: Int?
  let structure: StepStructure
  /// Number of blocks.
  let depth: Int
  private var ancestors: [Stretch: [Set<Int>]] = [:]

  /// The template of a program.
  ///
  /// - Parameters:
  ///   - program: a program of `depth` blocks.
  ///   - keepsImages: whether a single image's copy for the convolution's gradient is made in the forward pass.
  init(_ program: Program, depth: Int, policy: XLASavePolicy, keepsImages: Bool) {
    structure = policy.structure
    self.depth = depth
    var reader = TemplateReader(program, policy: policy, keepsImages: keepsImages)
    reader.read()
    buffers = reader.buffers
    pieces = reader.pieces
    loss = reader.sources[program.loss.index] ?? loss
    blockArguments = reader.blockArguments
    otherArguments = reader.otherArguments
    counter = program.counter.flatMap { reader.slot(of: $0.before) }
    for (part, pieces) in pieces { ancestors[part] = Self.ancestors(pieces, in: part) }
    for parameter in reader.ordered {
      guard var trained = reader.trained(parameter) else { continue }
      trained.readers = readers(of: trained)
      switch trained.block {
      case nil: otherParameters.append(trained)
      case 0: blockParameters.append(trained)
      default: break
      }
    }
  }

  /// Pieces of a part that precede one of its pieces, itself included.
  func ancestors(_ piece: Int, in part: Stretch) -> Set<Int> { ancestors[part]?[piece] ?? [] }

  private static func ancestors(_ pieces: [Piece], in part: Stretch) -> [Set<Int>] {
    var all: [Set<Int>] = []
    for (index, piece) in pieces.enumerated() {
      var own: Set<Int> = [index]
      for case .piece(part, let read, _) in piece.reads { own.formUnion(all[read]) }
      all.append(own)
    }
    return all
  }

  private func readers(of trained: Trained) -> [Int] {
    let part: Stretch = trained.block.map { .backward($0) } ?? .head
    let own = Source.argument(block: trained.block, slot: trained.slot), pieces = pieces[part] ?? []
    // In a recomputed block it is read through the barrier.
    let passed = pieces.firstIndex(where: \.isBarrier).flatMap { barrier in
      pieces[barrier].reads.firstIndex(of: own).map { Source.piece(part, piece: barrier, output: $0) }
    }
    return pieces.indices.filter { index in
      !pieces[index].isBarrier && pieces[index].reads.contains { $0 == own || $0 == passed }
    }
  }
}
