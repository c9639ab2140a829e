import Catalog
import Compilation
import Testing
import TrainingStep
import VisionTransformer

@testable import Estimation

/// The model of scanned layers states what the forward loop keeps; the program that is compiled says it.
@Suite struct ScannedStacksTests {
  /// A tensor of one block: its dimensions without ones, and its type.
  private struct Tensor: Hashable, CustomStringConvertible {
    var dimensions: [Int]
    var element: ElementType
    var description: String { "\(element)\(dimensions)" }
  }

  // What the compiled program stacks in its forward loop, without vectors.
  private func stacked(_ configuration: Configuration) throws -> [Tensor: Int] {
    let text = try StableHLOModule(configuration).text
    var count: [Tensor: Int] = [:]
    for line in text.split(separator: "\n")
    where line.contains("dynamic_update_slice") && line.contains("forward/blocks/stack") {
      let type = try #require(line.firstMatch(of: /\(tensor<([0-9x]+)x(bf16|f32)>/))
      let dimensions = type.1.split(separator: "x").compactMap { Int($0) }.dropFirst().filter { $0 != 1 }
      guard dimensions.count > 1 else { continue }
      count[Tensor(dimensions: dimensions, element: type.2 == "bf16" ? .bfloat16 : .float32), default: 0] += 1
    }
    return count
  }

  private func modelled(_ configuration: Configuration) throws -> [Tensor: Int] {
    let structure = StepStructure(configuration), sizes = AxisSizes(configuration)
    let program = try TrainingStep(structure, depth: 2).program
    guard case .tpu(let tpu) = try Catalog.bundled().device(named: "tpu-v3").kind else { return [:] }
    let policy = XLASavePolicy(structure: structure, regime: XLARegime(structure, sizes, tpu))
    let block = ScannedBlock(program, policy)
    let buffers = structure.recomputesBlocks ? block.input : block.saved + block.kernels
    var count: [Tensor: Int] = [:]
    for buffer in buffers {
      count[Tensor(dimensions: buffer.axes.map { sizes[$0] }, element: buffer.element), default: 0] += 1
    }
    return count
  }

  @Test(arguments: [Rematerialization.automatic, .full], Head.allCases)
  func whatTheModelKeepsIsWhatTheProgramStacks(_ rematerialization: Rematerialization, _ head: Head) throws {
    let configuration = Configuration(
      shape: Shape(width: 384, depth: 5, mlpWidth: 1664, heads: 6, patch: 32), batch: 3, head: head,
      rematerialization: rematerialization, layers: .scanned, dataParallel: 1)
    let stacks = try stacked(configuration)
    #expect(stacks.values.reduce(0, +) == (rematerialization == .full ? 1 : 36))
    #expect(try modelled(configuration) == stacks)
  }
}
