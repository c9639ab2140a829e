import Evidence
import Foundation
import Testing
import VisionTransformer
import WorkerProcess

@testable import Compilation

/// Real compiles; they need `shapefinder plugin install tpu`, and run for each version that is installed.
struct CompilePluginTests {
  static let plugins = BuildFolder.installed(.tpu)

  private func compiler(_ plugin: InstalledPlugin) throws -> Compiler {
    Compiler(plugin: plugin, worker: try WorkerProgram(path: BuildFolder.worker))
  }

  private func step() throws -> CompileProgram { CompileProgram(try BuildFolder.golden("step.mlir")) }
  private func topology() throws -> CompileTopology { try CompileTopology(device: "tpu-v3", partitions: 8) }

  @Test(.enabled(if: !plugins.isEmpty), arguments: plugins)
  func aSmallStepIsCompiledAndRead(plugin: InstalledPlugin) async throws {
    let report = try #require(
      try await compiler(plugin).compile(
        try step(), topology: topology(), settings: CompileSettings(timeout: Seconds(120))
      )
      .report)
    #expect(report.compiler.deviceKind == "TPU v3" && report.compiler.cores == 8 && report.plugin == plugin.title)
    let compiled = try #require(report.compiled)
    // A parameter of 1024 x 1024 and 64 of the 512 x 1024 inputs, float32 in tiles that need no padding.
    #expect(compiled.memory.arguments == Bytes(4 * 1024 * 1024 + 4 * 64 * 1024))
    // The parameter is donated; the loss takes a tile of its own, and the tuple's table another.
    #expect(compiled.memory.aliased == Bytes(4 * 1024 * 1024))
    #expect(compiled.memory.outputs - compiled.memory.aliased == Bytes(2048))
    let schedule = try #require(compiled.schedule)
    #expect(compiled.problem == nil)
    #expect(schedule.cycles == schedule.entryCycles && schedule.cycles > 20_000 && schedule.cycles < 200_000)
    #expect(schedule.collectives >= 1 && schedule.rematerializedCount == 0)
    #expect(Set(schedule.cyclesByPhase.keys).isSuperset(of: [.forward, .backward, .update]))
    // The gradient of the parameter, once before and once after it is summed over the cores.
    #expect(schedule.peak.groups.contains { $0.shape.hasPrefix("f32[1024,1024]") && $0.padding == .zero })
    let usable = Bytes(16_624_123_904)
    #expect(report.verdict(limit: usable) == .fits)
    #expect(report.log.livePeak ?? .zero > compiled.memory.arguments)
    #expect(report.log.limit == Bytes(16_621_523_436))
    #expect(report.log.table.fragmentation != nil)
    // With the gaps counted once they are the log's HLO temporaries, to the digits of the table.
    let once = compiled.memory.temporaries - report.gapsCountedTwice
    #expect(abs((once - (report.log.table.temporaries ?? .zero)).count) < 50_000)
    #expect((report.gapsCountedTwice == .zero) == (plugin.version == "0.0.52"))
    #expect(report.observation(limit: usable).cycles == schedule.cycles)
  }

  @Test(.enabled(if: !plugins.isEmpty), arguments: plugins)
  func theMemoryIsKnownBeforeTheCompileEnds(plugin: InstalledPlugin) async throws {
    let report = try #require(
      try await compiler(plugin).compile(
        try step(), topology: topology(), settings: CompileSettings(mode: .memory, timeout: Seconds(120))
      ).report)
    #expect(report.compiled == nil)
    #expect(report.log.isMemoryKnown)
    #expect(report.verdict(limit: Bytes(16_624_123_904)) == .fits)
    let total = try #require(report.total)
    #expect(total > Bytes(8 << 20) && total < Bytes(10 << 20))
  }

  @Test(.enabled(if: !plugins.isEmpty), arguments: plugins)
  func aProgramThatDoesNotFitIsAnAnswer(plugin: InstalledPlugin) async throws {
    // Three donated arguments of 4 GiB, and one temporary as large.
    let program = CompileProgram(Self.sums(3, donated: true))
    let report = try #require(
      try await compiler(plugin).compile(program, topology: try CompileTopology(device: "tpu-v3", partitions: 1)).report
    )
    #expect(report.outOfMemory?.used == Bytes(16 << 30))
    #expect(report.outOfMemory?.limit == Bytes(16_621_523_436))
    #expect(report.verdict(limit: Bytes(16_624_123_904)) == .doesNotFit)
  }

  @Test(.enabled(if: !plugins.isEmpty), arguments: plugins)
  func aCompileThatSucceedsProvesNoFit(plugin: InstalledPlugin) async throws {
    // Two arguments of 4 GiB, and two results that take no argument's room and are not counted by the two older compilers.
    let program = CompileProgram(Self.sums(2, donated: false, rows: 98_304))
    let report = try #require(
      try await compiler(plugin).compile(program, topology: try CompileTopology(device: "tpu-v3", partitions: 1)).report
    )
    #expect(report.verdict(limit: Bytes(16_624_123_904)) == .doesNotFit)
    #expect((report.total ?? .zero).gibibytes.rounded() == 24)
  }

  @Test(.enabled(if: !plugins.isEmpty), arguments: plugins)
  func garbageIsRefusedAndAnAbortIsOneFailure(plugin: InstalledPlugin) async throws {
    let compiler = try compiler(plugin)
    let topology = try CompileTopology(device: "tpu-v3", partitions: 1)
    guard case .refused(let error) = await compiler.compile(CompileProgram("this is no module"), topology: topology)
    else { return #expect(Bool(false)) }
    #expect(error.message.contains("unknown"))
    let type = "tensor<4611686018427387904x16xf32>"
    let outcome = await compiler.compile(
      CompileProgram(
        """
        module { func.func public @main(%arg0: \(type)) -> \(type) {
          %0 = "stablehlo.add"(%arg0, %arg0) : (\(type), \(type)) -> \(type)
          "func.return"(%0) : (\(type)) -> ()
        } }
        """), topology: topology)
    guard case .failed(let failure) = outcome else { return #expect(Bool(false)) }
    #expect(failure.reason == .crashed(signal: SIGABRT))
  }

  @Test(.enabled(if: !plugins.isEmpty), arguments: CompileTopology.devices)
  func everyDeviceIsCompiledFor(device: String) async throws {
    let plugin = try #require(Self.plugins.first)
    for partitions in [1, 8] {
      let program = CompileProgram(try BuildFolder.golden("step.mlir"), partitions: 8)
      let alone = CompileProgram(Self.sums(2, donated: true, rows: 64))
      let outcome = try await compiler(plugin).compile(
        partitions == 8 ? program : alone, topology: try CompileTopology(device: device, partitions: partitions))
      let report = try #require(outcome.report, "\(outcome)")
      #expect(report.compiled?.schedule?.cycles ?? 0 > 0)
    }
  }

  @Test(.enabled(if: !plugins.isEmpty), arguments: plugins)
  func whatJAXExportsTakesTheSameBytesWhicheverPartitionerItIsFor(plugin: InstalledPlugin) async throws {
    for device in ["tpu-v3", "tpu-v5e"] {
      var totals: [String: Bytes] = [:]
      for name in ["shardy.mlir", "shardy.mlirbc", "shardy-portable.mlirbc", "gspmd.mlir", "gspmd.mlirbc"] {
        let program = try CompileProgram(reading: BuildFolder.golden("exported/" + name))
        let outcome = try await compiler(plugin).compile(
          program, topology: try CompileTopology(device: device, partitions: program.cores))
        let compiled = try #require(outcome.report?.compiled, "\(name) for \(device): \(outcome)")
        // The parameter whole, and an eighth of the 64 x 256 inputs.
        #expect(compiled.memory.arguments == Bytes(4 * 256 * 128 + 4 * 8 * 256), "\(name)")
        #expect(compiled.schedule?.collectives ?? 0 >= 1, "\(name)")
        totals[name] = outcome.report?.total
      }
      #expect(Set(totals.values).count == 1, "\(totals)")
    }
  }

  @Test(.enabled(if: !plugins.isEmpty), arguments: plugins)
  func replicasReduceOverTheirCores(plugin: InstalledPlugin) async throws {
    let type = "tensor<128x256xf32>"
    let program = try CompileProgram(
      reading: Array(
        """
        module @sum attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 8 : i32} {
          func.func public @main(%arg0: \(type)) -> \(type) {
            %0 = "stablehlo.all_reduce"(%arg0) <{replica_groups = dense<[[0, 1, 2, 3, 4, 5, 6, 7]]> : tensor<1x8xi64>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
              %1 = stablehlo.add %a, %b : tensor<f32>
              stablehlo.return %1 : tensor<f32>
            }) : (\(type)) -> \(type)
            return %0 : \(type)
          }
        }
        """.utf8))
    let outcome = try await compiler(plugin).compile(
      program, topology: try CompileTopology(device: "tpu-v3", partitions: program.cores))
    // For one replica the sum over all would be gone.
    #expect(try #require(outcome.report?.compiled?.schedule, "\(outcome)").collectives == 1)
  }

  /// A module that adds each of `count` arguments of `rows` x 16384 float32 to the next.
  static func sums(_ count: Int, donated: Bool, rows: Int = 65_536) -> String {
    let type = "tensor<\(rows)x16384xf32>"
    let arguments = (0..<count).map { "%arg\($0): \(type)" + (donated ? " {tf.aliasing_output = \($0) : i32}" : "") }
    let body = (0..<count).map {
      "  %\($0) = \"stablehlo.add\"(%arg\($0), %arg\(($0 + 1) % count)) : (\(type), \(type)) -> \(type)\n"
    }
    let types = [String](repeating: type, count: count).joined(separator: ", ")
    return """
      module @sums attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
        func.func public @main(\(arguments.joined(separator: ", "))) -> (\(types)) {
      \(body.joined())  "func.return"(\((0..<count).map { "%\($0)" }.joined(separator: ", "))) : (\(types)) -> ()
        }
      }
      """
  }
}

/// Real runs on this machine; they need `shapefinder plugin install cpu`.
struct HostExecutionTests {
  static let plugins = BuildFolder.installed(.cpu)

  @Test(.enabled(if: !plugins.isEmpty)) func aProgramComputesWhatItSays() throws {
    let plugin = try PJRTPlugin(path: try #require(Self.plugins.first).library)
    let client = try PJRTClient(plugin)
    #expect(client.platformName == "cpu")
    let program = try client.compile(
      CompileProgram(
        """
        module { func.func public @main(
            %arg0: tensor<2x3xf32>, %arg1: tensor<3x2xf32>, %arg2: tensor<2x2xbf16>, %arg3: tensor<i32>
          ) -> (tensor<2x2xf32>, tensor<2x2xbf16>, tensor<i32>) {
          %0 = "stablehlo.dot_general"(%arg0, %arg1) {dot_dimension_numbers =
            #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}
            : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
          %1 = "stablehlo.convert"(%0) : (tensor<2x2xf32>) -> tensor<2x2xbf16>
          %2 = "stablehlo.add"(%1, %arg2) : (tensor<2x2xbf16>, tensor<2x2xbf16>) -> tensor<2x2xbf16>
          %3 = "stablehlo.add"(%arg3, %arg3) : (tensor<i32>, tensor<i32>) -> tensor<i32>
          "func.return"(%0, %2, %3) : (tensor<2x2xf32>, tensor<2x2xbf16>, tensor<i32>) -> ()
        } }
        """))
    let results = try program.run([
      HostArray([1, 2, 3, 4, 5, 6], dimensions: [2, 3]), HostArray([1, 0, 0, 1, 1, 1], dimensions: [3, 2]),
      HostArray(bfloat16: [0.5, 1, 2, 1.001], dimensions: [2, 2]), HostArray(int32: [21], dimensions: []),
    ])
    #expect(results.map(\.dimensions) == [[2, 2], [2, 2], []])
    #expect(results[0].floats == [4, 5, 10, 11])
    #expect(results[1].type == .bfloat16 && results[1].floats == [4.5, 6, 12, 12])
    #expect(results[2].floats == [42])
    #expect(throws: PJRTError.self) { try program.run([]) }
    #expect(throws: PJRTError.self) { try client.compile(CompileProgram("this is no module")) }
  }

  @Test func bfloat16RoundsToTheNearestAndToEven() {
    let values: [Float] = [1, 1.00390625, 1.01171875, -2.5, 3.4e38, .infinity]
    #expect(HostArray(bfloat16: values, dimensions: [6]).floats == [1, 1, 1.015625, -2.5, .infinity, .infinity])
    #expect(HostArray(bfloat16: [.nan], dimensions: [1]).floats[0].isNaN)
  }
}
