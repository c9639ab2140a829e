import Evidence
import Testing
import VisionTransformer
import WorkerProcess

@testable import Compilation

/// Printed steps and the TPU's own compiler; they need `shapefinder plugin install tpu`, and run for each version installed.
struct StableHLOCompileTests {
  static let plugins = BuildFolder.installed(.tpu)

  /// A row of the bundled evidence: the live peak of the same step written with JAX, Flax and Optax.
  struct Row: Sendable, CustomTestStringConvertible {
    var configuration: Configuration
    var peak: Int
    var testDescription: String { "\(configuration.shape) \(configuration.head) \(configuration.optimizer)" }

    init(
      _ width: Int, _ depth: Int, _ mlpWidth: Int, _ heads: Int, batch: Int, _ head: Head, _ optimizer: Optimizer,
      classes: Int, precision: Precision = .bfloat16, peak: Int
    ) {
      configuration = Configuration(
        shape: Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: 14), batch: batch, head: head,
        classes: classes, optimizer: optimizer, precision: precision)
      self.peak = peak
    }
  }

  static let rows = [
    Row(1024, 6, 5040, 8, batch: 64, .map, .adamHalf, classes: 1000, peak: 3_976_130_560),
    Row(1024, 4, 4096, 16, batch: 128, .map, .adam, classes: 1000, precision: .float32, peak: 7_717_081_088),
    Row(1536, 4, 6144, 16, batch: 8, .map, .adafactor, classes: 21_843, peak: 1_581_739_008),
    Row(1024, 8, 2048, 8, batch: 256, .gap, .adamHalf, classes: 29_593, peak: 12_317_177_856),
    Row(1536, 8, 7552, 12, batch: 8, .gap, .adamHalf, classes: 21_843, peak: 3_759_929_344),
    Row(1536, 4, 9216, 16, batch: 256, .map, .adam, classes: 29_593, peak: 16_347_019_264),
  ]

  private func report(
    _ configuration: Configuration, _ plugin: InstalledPlugin, _ mode: CompileMode
  ) async throws -> CompileReport {
    let module = try StableHLOModule(configuration)
    let outcome = await Compiler(plugin: plugin, worker: try WorkerProgram(path: BuildFolder.worker)).compile(
      CompileProgram(module.text, partitions: module.partitions),
      topology: try CompileTopology(device: "tpu-v3", partitions: module.partitions),
      settings: CompileSettings(mode: mode, timeout: Seconds(300)))
    return try #require(outcome.report, "\(outcome)")
  }

  /// The evidence is of libtpu 0.0.17.1. Optax's placeholders for moments that do not exist are 0.01 % of it.
  @Test(.enabled(if: plugins.contains { $0.version == "0.0.17.1" }), arguments: rows)
  func theLivePeakIsThatOfTheSameStepInJAX(_ row: Row) async throws {
    let plugin = try #require(Self.plugins.first { $0.version == "0.0.17.1" })
    let peak = try #require(try await report(row.configuration, plugin, .memory).log.livePeak)
    #expect(abs(Double(peak.count) / Double(row.peak) - 1) < 2e-4)
  }

  static let small = [
    StableHLOModuleTests.configuration(.token, .adam, cores: 1),
    StableHLOModuleTests.configuration(.gap, .sgd),
    StableHLOModuleTests.configuration(.token, .sgdMomentum),
    StableHLOModuleTests.configuration(.map, .adamHalf, layers: .scanned),
    StableHLOModuleTests.configuration(.map, .adafactor, rematerialization: .full),
  ]

  @Test(.enabled(if: !plugins.isEmpty), arguments: plugins, small)
  func everyCompilerTakesWhatIsPrinted(_ plugin: InstalledPlugin, _ configuration: Configuration) async throws {
    let compiled = try #require(try await report(configuration, plugin, .full).compiled)
    let schedule = try #require(compiled.schedule, "\(compiled.problem ?? "")")
    // All results but the loss, its tile and a table, take the place of arguments.
    #expect((compiled.memory.outputs - compiled.memory.aliased).count <= 8192)
    #expect((compiled.memory.arguments - compiled.memory.aliased).count > 0)
    #expect(Set(schedule.cyclesByPhase.keys).isSuperset(of: [.forward, .backward, .update]))
    if configuration.rematerialization == .full { #expect(schedule.cyclesByPhase[.recompute] ?? 0 > 0) }
    #expect((schedule.collectives > 0) == (configuration.dataParallel > 1))
  }
}
