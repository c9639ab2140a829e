import TrainingStep
import VisionTransformer

/// What is alive in a step whose blocks are two loops over stacked parameters, as `flax.linen.scan` makes them.
///
/// The stacks that a loop reads and writes are its operands, so all of them exist from before the loop to its end: what
/// the forward loop keeps for the backward loop, the float32 gradients, and bfloat16 copies of the kernels. One block's
/// own temporaries come on top. Nothing fuses across the loop, so a block keeps every operand of its derivatives, where
/// an unrolled one recomputes them.
///
/// Source: programs of libtpu 0.0.17.1 just before rematerialization, 96 steps drawn at random; what the compiler's log
/// says of them is in `Validation/evidence/tpu-v3-scanned.ndjson`.
struct ScannedStep {
  /// Tensors at an event: stacks have a count for each block, everything else a constant one.
  struct Piece {
    var buffer: Buffer
    var purpose: Purpose
    var count: LinearCount
  }

  /// A moment of the step, and all that is alive.
  struct Event {
    var instant: Instant
    var pieces: [Piece]
  }

  /// The events where the peak can be, in the order of the step.
  let events: [Event]

  init(_ programs: StepPrograms, _ regime: XLARegime) {
    let structure = programs.structure
    let policy = XLASavePolicy(structure: structure, regime: regime)
    let block = ScannedBlock(programs.first, policy)
    let outside = Self.outside(programs, policy)
    let gradients = block.parameters.map { Self.stack($0, .gradient) }
    let inLoops =
      (structure.recomputesBlocks ? block.input : block.saved).map { Self.stack($0, .activation) }
      + block.kernels.map { Self.stack($0, .workspace) } + outside

    var head: [Piece] = [], last: [Piece] = []
    for (gradient, count) in programs.gradients where gradient.kind != .vector {
      let buffer = programs.buffers.buffers[gradient.buffer]
      if gradient.part == .head, regime.classifierGradient == .atOnce {
        head.append(Piece(buffer: buffer, purpose: .headGradient, count: count))
      }
      if gradient.kind == .classifier || gradient.kind == .patchKernel {
        last += [Self.once(buffer, 1, .gradient), Self.once(buffer, 1, .inPlace)]
      }
    }
    events =
      [Event(instant: .forwardLoop, pieces: inLoops + block.forward)]
      + block.backward.map { Event(instant: $0.instant, pieces: inLoops + gradients + head + $0.pieces) }
      + [Event(instant: .endOfBackward, pieces: gradients + last)]
  }

  /// A tensor of every block.
  static func stack(_ buffer: Buffer, _ purpose: Purpose) -> Piece {
    Piece(buffer: buffer, purpose: purpose, count: LinearCount(constant: 0, perBlock: 1))
  }

  /// A number of equal tensors.
  static func once(_ buffer: Buffer, _ count: Int = 1, _ purpose: Purpose = .workspace) -> Piece {
    Piece(buffer: buffer, purpose: purpose, count: LinearCount(constant: count, perBlock: 0))
  }

  // The images' copy, which the gradient of the patches reads at the end, and the gradient that goes from block to
  // block. A single bfloat16 image is copied again where it is needed; a float32 one has its colours on lanes.
  private static func outside(_ programs: StepPrograms, _ policy: XLASavePolicy) -> [Piece] {
    let program = programs.first
    var images = program.operations.filter { $0.primitive.embedsPatches }.flatMap {
      policy.statistics(of: $0, in: program)
    }
    if policy.regime.singleImage, policy.regime.copiesImages {
      let type = TensorType(program[program.images].type.axes, .bfloat16)
      images =
        programs.structure.precision == .bfloat16
        ? [] : [Buffer(type, minor: .among([MinorPair(secondMinor: 0, minor: 3)]))]
    }
    let stream = policy.tokenTensor([.batch, .tokens, .width], programs.structure.activation)
    return images.map { once($0, 1, .activation) } + [once(stream)]
  }
}

/// One block of a scanned step: its stacks and, within the loops, its own temporaries.
struct ScannedBlock {
  /// Parameters, in float32, as the gradients' stacks have them.
  private(set) var parameters: [Buffer] = []
  /// Kernels, rounded to bfloat16 for the matrix units.
  private(set) var kernels: [Buffer] = []
  /// What the backward loop reads of the forward loop, and the block's input, which is all that it reads where blocks are
  /// recomputed.
  private(set) var saved: [Buffer] = []
  let input: [Buffer]
  /// Temporaries of the forward loop's body.
  let forward: [ScannedStep.Piece]
  /// Those of the backward loop's, at each event where they can be most.
  let backward: [(instant: Instant, pieces: [ScannedStep.Piece])]

  /// Tensors that the derivatives of three primitives read beside the operands of products, as their formulas are written
  /// out: five of a GELU's argument in its tanh form, one of the logits and two statistics of a softmax, three float32
  /// tensors of a layer norm's argument and four statistics. A test holds them against the program that is compiled.
  static let ofGELU = 5, ofSoftmax = 1, statisticsOfSoftmax = 2, ofLayerNorm = 3, statisticsOfLayerNorm = 4

  init(_ program: Program, _ policy: XLASavePolicy) {
    let structure = policy.structure
    let activation = structure.activation
    parameters = program.parameters.map { program[$0.value] }.filter { $0.scope.block == 0 }.map { Buffer($0.type) }
    var seen: Set<Value> = []
    for operation in program.operations where operation.scope.block == 0 && operation.phase == .forward {
      func argument() -> TensorType { program[operation.inputs[0]].type }
      switch operation.primitive {
      case .contract:
        for value in operation.inputs where seen.insert(value).inserted {
          let info = program[value], rounded = info.type.with(.bfloat16)
          if info.kind == nil {
            saved.append(policy.scanned(rounded, isStacked: true))
          } else {
            kernels.append(Buffer(rounded))
          }
        }
      case .gelu:
        saved += Array(repeating: policy.scanned(argument(), isStacked: true), count: Self.ofGELU)
      case .softmax:
        let logits = argument()
        saved += Array(repeating: policy.scanned(logits, isStacked: true), count: Self.ofSoftmax)
        let statistic = Buffer(TensorType(logits.axes.dropLast(), logits.element))
        saved += Array(repeating: statistic, count: Self.statisticsOfSoftmax)
      case .layerNorm:
        saved += Array(
          repeating: policy.scanned(argument().with(.float32), isStacked: true), count: Self.ofLayerNorm)
        saved += Array(repeating: Buffer(TensorType([.batch, .tokens], .float32)), count: Self.statisticsOfLayerNorm)
      default: break
      }
    }

    let streamType = TensorType([.batch, .tokens, .width], activation)
    let hiddenType = TensorType([.batch, .tokens, .mlpWidth], activation)
    input = [policy.scanned(streamType, isStacked: true)]
    let stream = policy.scanned(streamType, isStacked: false)
    let hidden = policy.scanned(hiddenType, isStacked: false)
    let hiddenGradient = policy.scanned(hiddenType.with(.bfloat16), isStacked: false)
    let heads: Axes = [.batch, .tokens, .heads, .headWidth]
    let query = policy.scanned(TensorType(heads, .bfloat16), isStacked: false)
    // Queries, keys and values as they come.
    let projected = policy.scanned(TensorType(heads, policy.projected), isStacked: false)
    let logits = policy.scanned(TensorType([.batch, .heads, .tokens, .keyTokens], activation), isStacked: false)
    let gradients = kernels.map { ScannedStep.once(Buffer(TensorType($0.axes, activation)), 1, .gradient) }
    let ofMLP = gradients.filter { $0.buffer.axes.contains(.mlpWidth) }
    // What is alive within a body.
    func alive(
      logits logitsCount: Int = 0, queries: Int = 0, projected projectedCount: Int = 0, streams: Int,
      hidden hiddenCount: Int = 0, hiddenGradients: Int = 0
    ) -> [ScannedStep.Piece] {
      [
        (logits, logitsCount), (query, queries), (projected, projectedCount), (stream, streams), (hidden, hiddenCount),
        (hiddenGradient, hiddenGradients),
      ].filter { $0.1 > 0 }.map { ScannedStep.once($0.0, $0.1) }
    }
    func reduced(_ others: [ScannedStep.Piece]) -> (instant: Instant, pieces: [ScannedStep.Piece]) {
      // Gradients of kernels, and their sums over the cores.
      (.loopAllReduce, gradients + gradients.map { ScannedStep.once($0.buffer, 1, .inPlace) } + others)
    }

    let isHalf = activation == .bfloat16
    forward = alive(logits: 1, queries: 3, streams: 1, hidden: 1)
    if structure.recomputesBlocks {
      let attention =
        if policy.regime.writesLogitsGradient {
          alive(logits: 3, queries: 3, streams: 1)
        } else if policy.regime.defersScannedMLP {
          // Two or three of the residual stream in bfloat16, by no rule that is known.
          isHalf
            ? alive(logits: 2, queries: 5, streams: 2, hiddenGradients: 1)
            : alive(logits: 2, queries: 5, streams: 3, hidden: 1)
        } else {
          isHalf
            ? alive(logits: 2, queries: 5, streams: 1)
            : alive(logits: 2, queries: 1, projected: 3, streams: 3)
        }
      // The logits before scaling too where they are kept.
      let ofLogits = policy.regime.keepsUnscaledLogits ? 2 : 1
      let mlp = alive(logits: ofLogits, queries: 1, projected: 3, streams: 1, hidden: 1, hiddenGradients: 1)
      backward = [(.loopMLPBackward, mlp), (.loopAttentionBackward, attention + ofMLP), reduced([])]
    } else {
      // Kernels' gradients come last, so that the hidden layer's gradient waits.
      let attention = alive(logits: 1, queries: 3, streams: 1, hiddenGradients: 1)
      let norm = alive(queries: 3, streams: 4, hiddenGradients: 1)
      backward =
        [(.loopAttentionBackward, attention)] + (isHalf ? [] : [(.loopAttentionBackward, norm)])
        + [reduced(isHalf ? alive(queries: 3, streams: 1) : alive(streams: 2))]
    }
  }
}

extension XLASavePolicy {
  /// The layout of a tensor within a loop's body, or of one block's part of a stack, in which the batch may be on lanes
  /// everywhere.
  func scanned(_ type: TensorType, isStacked: Bool) -> Buffer {
    switch type.axes.last {
    case .keyTokens: logits(type.axes, type.element)
    case .headWidth:
      isStacked && regime.batchMajor
        ? Buffer(type, minor: .among([MinorPair(secondMinor: 3, minor: 0), MinorPair(secondMinor: 0, minor: 3)]))
        : attentionTensor(type, isOutput: false, element: type.element)
    default: tokenTensor(type.axes, type.element)
    }
  }
}

extension Primitive {
  fileprivate var embedsPatches: Bool {
    if case .embedPatches = self { true } else { false }
  }
}
