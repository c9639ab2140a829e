import Evidence
import EvidenceStore
import VisionTransformer

/// How long compiles take: what was seen so far, and what is left.
///
/// A compile's time grows with the number of blocks and, more slowly, with their width; how fast the machine is shows with the
/// first that ends.
package struct CompileClock: Sendable {
  private var seconds: [CompileMode: Double] = [:]
  private var weights: [CompileMode: Double] = [:]

  /// A clock that has seen nothing.
  package init() {}

  /// Work of a compile in seconds on two processors of a server of 2021, as far as blocks and width tell it.
  ///
  /// Source: seconds of the full compiles in `Validation/evidence` with libtpu 0.0.17.1; stopping once the memory is known took
  /// an eighth of it.
  ///
  /// - Parameters:
  ///   - blocks: that are written out; nil for a scan over them.
  ///   - width: of the blocks.
  ///   - mode: whether it stops once the memory is known.
  package static func weight(blocks: Int?, width: Int, mode: CompileMode) -> Double {
    let full = 2 + Double((blocks ?? 2) + 2) * (2 + Double(width) / 230)
    return mode == .full ? full : 2 + full / 8
  }

  /// The same of a configuration.
  package static func weight(_ configuration: Configuration, mode: CompileMode) -> Double {
    let shape = configuration.shape
    return weight(blocks: configuration.layers == .scanned ? nil : shape.depth, width: shape.width, mode: mode)
  }

  /// The same for a program of one's own, by the size of its text.
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

  /// Takes in how long a compile took.
  package mutating func finish(weight: Double, mode: CompileMode, seconds: Double) {
    self.seconds[mode, default: 0] += seconds
    weights[mode, default: 0] += weight
  }

  /// Seconds for each unit of weight; 1 before anything was seen.
  package func rate(_ mode: CompileMode) -> Double {
    for mode in [mode] + CompileMode.allCases {
      if let seconds = seconds[mode], let weight = weights[mode], weight > 0 { return seconds / weight }
    }
    return 1
  }
}
