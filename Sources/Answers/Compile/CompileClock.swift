import Evidence
import EvidenceStore
import VisionTransformer

/// Predicts the duration of compiles from those seen so far.
///
/// A compile's time grows with the number of blocks and, more slowly, with their width; the first compile to end shows
/// how fast the machine is.
package struct CompileClock: Sendable {
  private var seconds: [CompileMode: Double] = [:]
  private var weights: [CompileMode: Double] = [:]

  /// A clock that has seen no compile.
  package init() {}

  /// Processors that one compile uses.
  package static let processors = 2

  /// Work of a compile in seconds on two processors of a 2021 server, predicted from blocks and width.
  ///
  /// Source: seconds of the full compiles in `Validation/evidence` with libtpu 0.0.17.1; stopping once the memory was
  /// known took an eighth of the time.
  ///
  /// - Parameters:
  ///   - blocks: number of unrolled blocks; nil for a scan over them.
  ///   - width: width of the blocks.
  ///   - mode: whether it stops once the memory is known.
  package static func weight(blocks: Int?, width: Int, mode: CompileMode) -> Double {
    let full = 2 + Double((blocks ?? 2) + 2) * (2 + Double(width) / 230)
    return mode == .full ? full : 2 + full / 8
  }

  /// Work of compiling a configuration.
  package static func weight(_ configuration: Configuration, mode: CompileMode) -> Double {
    let shape = configuration.shape
    return weight(blocks: configuration.layers == .scanned ? nil : shape.depth, width: shape.width, mode: mode)
  }

  /// Work of compiling a user's own program, predicted from the size of its text.
  package static func weight(size: Bytes, mode: CompileMode) -> Double {
    let full = 5 + Double(size.count) / 15_000
    return mode == .full ? full : 2 + full / 8
  }

  package static func weight(_ question: CompileQuestion, mode: CompileMode) -> Double {
    switch question.subject {
    case .configuration(let configuration): weight(configuration, mode: mode)
    case .program(let program, _): weight(size: Bytes(program.bytes.count), mode: mode)
    }
  }

  /// Records the duration of a compile.
  package mutating func finish(weight: Double, mode: CompileMode, seconds: Double) {
    self.seconds[mode, default: 0] += seconds
    weights[mode, default: 0] += weight
  }

  /// Seconds for each unit of weight; 1 until a compile has been seen.
  package func rate(_ mode: CompileMode) -> Double {
    for mode in [mode] + CompileMode.allCases {
      if let seconds = seconds[mode], let weight = weights[mode], weight > 0 { return seconds / weight }
    }
    return 1
  }
}
