import Evidence
import Foundation
import Testing
import TrainingStep
import VisionTransformer

@testable import Compilation

/// What a printed module says, without a compiler.
struct StableHLOModuleTests {
  static func configuration(
    _ head: Head = .map, _ optimizer: Optimizer = .adafactor, depth: Int = 3, width: Int = 64,
    rematerialization: Rematerialization = .automatic, layers: Layers = .unrolled, cores: Int = 8
  ) -> Configuration {
    Configuration(
      shape: Shape(width: width, depth: depth, mlpWidth: 96, heads: 2, patch: 8), batch: 3, imageSize: 36, head: head,
      classes: 10, optimizer: optimizer, rematerialization: rematerialization, layers: layers, dataParallel: cores)
  }

  static let structures = Head.allCases.flatMap { head in
    [Rematerialization.none, .full].flatMap { rematerialization in
      Layers.allCases.map { configuration(head, .adam, rematerialization: rematerialization, layers: $0) }
    }
  }

  @Test(arguments: Optimizer.allCases, Layers.allCases)
  func everythingExceptTheDataIsDonatedToAResultOfItsType(_ optimizer: Optimizer, _ layers: Layers) throws {
    let module = try StableHLOModule(Self.configuration(.token, optimizer, layers: layers))
    let program = CompileProgram(module.text)
    #expect(program.partitions == 8 && module.partitions == 8)
    #expect(program.argumentCount == module.arguments.count)
    let signature = try #require(module.text.split(separator: "\n").first { $0.contains("@main(") })
    let sides = signature.components(separatedBy: ") -> (")
    #expect(sides.count == 2)
    func types(_ text: String) -> [Substring] { text.matches(of: /tensor<[^>]*>/).map(\.output) }
    let given = types(sides[0]), returned = types(sides[1])
    #expect(given.count == module.arguments.count && returned.count == given.count - 1)
    #expect(given.dropLast(2) == returned.dropLast() && returned.last == "tensor<f32>")
    let aliased = sides[0].matches(of: /tf.aliasing_output = (\d+)/).map { String($0.1) }
    #expect(aliased == (0..<given.count - 2).map { "\($0)" })
  }

  @Test func dataAreDividedAlongTheBatchAndParametersStandWhole() throws {
    let module = try StableHLOModule(Self.configuration())
    #expect(module.text.contains("tensor<24x36x36x3xf32> {mhlo.sharding = \"{devices=[8,1,1,1]<=[8]}\"}"))
    #expect(module.text.contains("tensor<24x10xf32> {mhlo.sharding = \"{devices=[8,1]<=[8]}\"}"))
    #expect(module.arguments.suffix(2).map(\.dimensions) == [[24, 36, 36, 3], [24, 10]])
    let whole = module.text.matches(of: #/mhlo.sharding = "\{replicated\}"/#).count
    // Once as an argument and once as a result, and the loss.
    #expect(whole == 2 * (module.arguments.count - 2) + 1)
    let alone = try StableHLOModule(Self.configuration(), partitions: 1)
    #expect(!alone.text.contains("mhlo.sharding") && alone.text.contains("tensor<3x36x36x3xf32>"))
  }

  @Test(arguments: structures)
  func everyOperationSaysItsPlace(_ configuration: Configuration) throws {
    let module = try StableHLOModule(configuration)
    var phases: Set<SchedulePhase> = []
    for line in module.text.split(separator: "\n") {
      guard line.hasPrefix("    %"), !line.contains("stablehlo.constant"), !line.hasSuffix("({") else { continue }
      let name = try #require(line.firstMatch(of: #/ loc\("([^"]*)"\)$/#), "\(line)").1
      let place = OperationPlace(operationName: String(name), opcode: "")
      #expect(place.phase != .unknown, "\(line)")
      phases.insert(place.phase)
    }
    #expect(phases.isSuperset(of: [.forward, .backward, .update]))
    #expect(phases.contains(.recompute) == (configuration.rematerialization == .full))
  }

  @Test func aRecomputedBlockWaitsForItsGradient() throws {
    let module = try StableHLOModule(Self.configuration(rematerialization: .full))
    let barriers = module.text.split(separator: "\n").filter { $0.contains("optimization_barrier") }
    #expect(barriers.count == 3)
    for barrier in barriers {
      // x, the gradient, and all parameters of a block but the bias of its end, which nothing reads.
      let operands = try #require(barrier.firstMatch(of: #/barrier"\(([^)]*)\)/#)).1.split(separator: ", ")
      #expect(operands.filter { $0.hasPrefix("%arg") }.count == 15)
      #expect(operands.count == 17)
    }
    #expect(try !StableHLOModule(Self.configuration()).text.contains("optimization_barrier"))
    let scanned = Self.configuration(rematerialization: .full, layers: .scanned)
    #expect(try !StableHLOModule(scanned).text.contains("optimization_barrier"))
  }

  @Test func scannedLayersArePrintedOnce() throws {
    let few = try StableHLOModule(Self.configuration(depth: 3, layers: .scanned))
    let many = try StableHLOModule(Self.configuration(depth: 30, layers: .scanned))
    #expect(few.text.matches(of: /stablehlo.while/).count == 2)
    #expect(abs(many.text.utf8.count - few.text.utf8.count) < few.text.utf8.count / 50)
    let query = try #require(many.arguments.first { $0.name == "block0/attention/query/kernel" })
    #expect(query.dimensions == [30, 64, 2, 32] && query.values.count == 30)
  }

  /// Optax sees the stack: forty biases of 64 are a matrix that is worth factoring, thirty are none.
  @Test(arguments: [(30, [[30, 64], [30, 64]]), (40, [[40], [64], [40, 64]])])
  func momentsOfAStackAreFactoredByItsOwnShape(_ depth: Int, _ moments: [[Int]]) throws {
    let module = try StableHLOModule(Self.configuration(depth: depth, layers: .scanned))
    let states = module.arguments.filter { $0.name.hasPrefix("block0/norm1/bias/") }
    #expect(states.map(\.dimensions) == moments)
    #expect(states.last?.element == .bfloat16)
    // A matrix of its own is factored over the same axes, stacked or not.
    let kernel = module.arguments.filter { $0.name.hasPrefix("block0/mlp/up/kernel/") }.map(\.dimensions)
    #expect(kernel == [[depth, 64], [depth, 96], [depth, 64, 96]])
  }

  @Test func parametersStandInTheOrderOfFlaxsTree() throws {
    let module = try StableHLOModule(Self.configuration(.token, .adam, depth: 11))
    let names = module.arguments.map(\.name)
    #expect(
      Array(names.prefix(16)) == [
        "block0/norm1/bias", "block0/norm1/scale", "block0/norm2/bias", "block0/norm2/scale", "block0/mlp/up/bias",
        "block0/mlp/up/kernel", "block0/mlp/down/bias", "block0/mlp/down/kernel", "block0/attention/key/bias",
        "block0/attention/key/kernel", "block0/attention/out/bias", "block0/attention/out/kernel",
        "block0/attention/query/bias", "block0/attention/query/kernel", "block0/attention/value/bias",
        "block0/attention/value/kernel",
      ])
    // By name: the tenth block before the second.
    #expect(names[32] == "block10/norm1/bias" && names[48] == "block2/norm1/bias")
    #expect(
      Array(names[176..<186]) == [
        "embedding/bias", "embedding/kernel", "classifier/bias", "classifier/kernel", "norm/bias", "norm/scale", "cls",
        "pos_embedding", "count", "block0/norm1/bias/m",
      ])
  }

  @Test func theLargestPublishedStepIsPrinted() throws {
    let giant = Configuration(shape: Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14))
    let program = try TrainingStep(giant).program
    #expect(StableHLOModule(program, AxisSizes(giant), partitions: 8).text.utf8.count > 5_000_000)
  }
}
