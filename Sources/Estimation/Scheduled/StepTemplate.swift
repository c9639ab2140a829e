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

    /// The same for another block.
    func of(_ block: Int) -> Self {
      switch self {
      case .forward: .forward(block)
      case .backward: .backward(block)
      case .stem, .head, .stemGradient: self
      }
    }

    /// Its place in a list of all.
    var place: Int {
      switch self {
      case .stem: 0
      case .head: 1
      case .stemGradient: 2
      case .forward(let block): 3 + 2 * block
      case .backward(let block): 4 + 2 * block
      }
    }

    /// Number of parts of a step.
    static func count(depth: Int) -> Int { 3 + 2 * depth }
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
    /// Rank of the name among all names of the template.
    var rank = 0
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
    /// Rank of the name among all names of the template.
    var rank = 0
    /// Pieces of the block's backward pass, or of the head, that read the parameter.
    var readers: [Int] = []
  }

  /// Distinct buffers.
  private(set) var buffers = BufferNumbers()
  /// Buffers of a block's arguments, and of all others; equal blocks have equal arguments.
  private(set) var blockArguments: [Int] = []
  private(set) var otherArguments: [Int] = []
  /// Pieces of all parts, and where each part's begin, by `Stretch.place`.
  private(set) var pieces: [Piece] = []
  private var first: [Int] = []
  /// Parameters of the first block, and of the rest of the model, each in the order of the step's results.
  private(set) var blockParameters: [Trained] = []
  private(set) var otherParameters: [Trained] = []
  /// The loss, and the step's counter among the other arguments.
  private(set) var loss = Source.argument(block: nil, slot: 0)
  private(set) var counter: Int?
  let structure: StepStructure
  /// Number of blocks.
  let depth: Int
  /// Names of pieces, parameters and work of updates, sorted.
  let names: [String]
  /// Of every piece, those of its part that precede it, itself included.
  private var ancestors: [PieceSet] = []

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
    names = Set(
      reader.pieces.values.joined().map(\.name) + UpdateName.allCases.map(\.rawValue)
        + reader.ordered.map { program[$0.value] }.filter { $0.scope.block ?? 0 == 0 }.map(\.name)
    ).sorted()
    for place in 0..<Stretch.count(depth: depth) {
      first.append(pieces.count)
      let part = reader.pieces.first { $0.key.place == place }
      for var piece in part?.value ?? [] {
        piece.rank = names.firstIndex(of: piece.name) ?? 0
        pieces.append(piece)
        ancestors.append(precedingLast(part?.key))
      }
    }
    first.append(pieces.count)
    loss = reader.sources[program.loss.index] ?? loss
    blockArguments = reader.blockArguments
    otherArguments = reader.otherArguments
    counter = program.counter.flatMap { reader.slot(of: $0.before) }
    for parameter in reader.ordered {
      guard var trained = reader.trained(parameter) else { continue }
      trained.rank = names.firstIndex(of: trained.name) ?? 0
      trained.readers = readers(of: trained)
      switch trained.block {
      case nil: otherParameters.append(trained)
      case 0: blockParameters.append(trained)
      default: break
      }
    }
  }

  /// Places of a part's pieces in `pieces`.
  func range(_ part: Stretch) -> Range<Int> { first[part.place]..<first[part.place + 1] }

  /// Rank of a name of an update's work.
  func rank(_ name: UpdateName) -> Int { names.firstIndex(of: name.rawValue) ?? 0 }

  /// Pieces of a part that precede one of its pieces, itself included.
  func ancestors(_ piece: Int, in part: Stretch) -> PieceSet { ancestors[first[part.place] + piece] }

  /// What precedes the piece that was added last, of a part.
  private func precedingLast(_ part: Stretch?) -> PieceSet {
    guard let part, let last = pieces.last, let first = first.last else { return PieceSet() }
    var own = PieceSet()
    own.insert(pieces.count - 1 - first)
    for case .piece(part, let read, _) in last.reads { own.formUnion(ancestors[first + read]) }
    return own
  }

  private func readers(of trained: Trained) -> [Int] {
    let part: Stretch = trained.block.map { .backward($0) } ?? .head
    let own = Source.argument(block: trained.block, slot: trained.slot), pieces = Array(pieces[range(part)])
    // In a recomputed block it is read through the barrier.
    let passed = pieces.firstIndex(where: \.isBarrier).flatMap { barrier in
      pieces[barrier].reads.firstIndex(of: own).map { Source.piece(part, piece: barrier, output: $0) }
    }
    return pieces.indices.filter { index in
      !pieces[index].isBarrier && pieces[index].reads.contains { $0 == own || $0 == passed }
    }
  }
}

/// Names of work that belongs to no piece.
enum UpdateName: String, CaseIterable {
  case allReduce = "allReduceMean"
  case clipping = "globalNormFactor"
  case counter = "increment"
  case argument
  /// The result of the step.
  case none = ""
}

/// A set of pieces of one part, which has fewer than 256; the tests build every structure.
struct PieceSet: Sendable {
  private var bits = SIMD4<UInt64>()

  mutating func insert(_ piece: Int) { bits[piece >> 6] |= 1 << UInt64(piece & 63) }
  mutating func formUnion(_ other: Self) { bits |= other.bits }
  func contains(_ piece: Int) -> Bool { bits[piece >> 6] >> UInt64(piece & 63) & 1 == 1 }
}
