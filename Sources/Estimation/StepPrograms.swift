import TrainingStep
import VisionTransformer

/// The programs of a structure at two neighbouring depths, and what is counted from them, whatever the order of the step.
///
/// The counts are lines through both programs, so that nothing is stated twice.
final class StepPrograms: Sendable {
  /// Kinds of arguments of the step.
  enum Argument: Int, Sendable, CaseIterable {
    case parameter, optimizerState, input
  }

  /// Equal arguments.
  struct ArgumentKey: Sendable, Hashable {
    var kind: Argument
    /// Number in `buffers`.
    var buffer: Int
  }

  /// The gradients of equal parameters.
  struct GradientKey: Sendable, Hashable {
    /// Number in `buffers`.
    var buffer: Int
    /// The part of the model that the parameter belongs to, and its kind.
    var part: Part
    var kind: ParameterKind
  }

  /// Number of blocks of the first program; the second has one more.
  static let depth = 2

  let structure: StepStructure
  let first: Program
  let second: Program
  /// The buffers of arguments and gradients.
  let buffers: BufferNumbers
  let arguments: [(key: ArgumentKey, count: LinearCount)]
  /// Gradients of parameters by part and buffer.
  let gradients: [(key: GradientKey, count: LinearCount)]
  /// Work that has a price.
  let costs: [(key: CostClass, count: LinearCount)]
  /// Work of the forward pass.
  let works: [(key: Work, count: LinearCount)]
  /// The tensors from which instructions of the optimized program are counted.
  let tensors: ProgramSize.Tensors

  /// The programs of a structure with `depth` blocks and with one more.
  init(_ structure: StepStructure, _ first: Program, _ second: Program) {
    self.structure = structure
    self.first = first
    self.second = second
    func lines<Key: Hashable & Sendable>(_ keys: (Program) -> [Key]) -> [(key: Key, count: LinearCount)] {
      Tally.lines(Tally(keys(first)), Tally(keys(second)), depth: Self.depth)
    }
    var buffers = BufferNumbers()
    arguments = lines { program in
      program.arguments.map { value in
        let info = program[value]
        let kind: Argument =
          info.role == .parameter ? .parameter : info.role == .optimizerState ? .optimizerState : .input
        return ArgumentKey(kind: kind, buffer: buffers.number(Buffer(info.type)))
      }
    }
    gradients = lines { program in
      program.parameters.map { parameter in
        let info = program[parameter.value]
        return GradientKey(
          buffer: buffers.number(Buffer(info.type.with(structure.activation))), part: info.scope.part,
          kind: info.kind ?? .vector)
      }
    }
    .sorted { ($0.key.part.rawValue, $0.key.buffer) < ($1.key.part.rawValue, $1.key.buffer) }
    self.buffers = buffers
    costs = lines { program in program.operations.map { CostClass($0, in: program) }.filter { $0 != .fused } }
    works = lines { program in
      program.operations.filter { $0.phase == .forward }.map { program.work($0) }.filter { $0.flopsPerElement > 0 }
    }
    let parameters = lines { program in
      program.parameters.map { parameter in
        let type = program[parameter.value].type
        return ParameterKey(type: type, isFactored: structure.factoring.axes(of: type) != nil)
      }
    }
    tensors = ProgramSize.Tensors(parameters.map { ($0.key.isFactored, $0.count) })
  }

  private struct ParameterKey: Hashable, Sendable {
    var type: TensorType
    var isFactored: Bool
  }
}

/// Distinct buffers, numbered in the order in which they are first seen.
struct BufferNumbers: Sendable {
  private(set) var buffers: [Buffer] = []
  private var numbers: [Buffer: Int] = [:]

  /// The number of a buffer, which is new if the buffer is.
  mutating func number(_ buffer: Buffer) -> Int {
    if let known = numbers[buffer] { return known }
    numbers[buffer] = buffers.count
    buffers.append(buffer)
    return buffers.count - 1
  }
}
