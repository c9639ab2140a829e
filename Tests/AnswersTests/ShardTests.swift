import Catalog
import Evidence
import Foundation
import Testing
import VisionTransformer

@testable import Answers

/// Grids that are dealt out: every configuration to one task, whoever deals.
struct ShardTests {
  private func axis(_ values: [Int], _ source: inout SystemRandomNumberGenerator) -> Grid.Axis {
    Grid.Axis(Array(values.shuffled(using: &source).prefix(Int.random(in: 1...4, using: &source))).sorted())
  }

  private func randomGrid() throws -> Grid {
    var source = SystemRandomNumberGenerator()
    var settings: [Grid.Setting] = []
    for optimizer in Optimizer.allCases.shuffled(using: &source).prefix(Int.random(in: 1...3, using: &source)) {
      var template = Configuration.Setting(optimizer: optimizer)
      template.memoryLimit = Bool.random(using: &source) ? Bytes(1 << 33) : nil
      settings.append(Grid.Setting(name: optimizer.rawValue, template: template))
    }
    return try Grid(
      axes: Grid.Axes(
        depth: axis(Array(1...40), &source), width: axis([64, 128, 192, 768, 1024, 1664], &source),
        heads: axis([1, 2, 4], &source), mlpWidth: axis([128, 3072, 4096, 8192], &source),
        patch: axis([14, 16, 32], &source)),
      settings: settings)
  }

  @Test func shardsOfAnyGridAreDisjointAndTogetherTheWhole() throws {
    for _ in 0..<40 {
      let grid = try randomGrid(), count = Int.random(in: 1...50)
      var dealt: [Configuration: Int] = [:]
      for index in 1...count {
        let shard = try Shard(index: index, count: count)
        var identity = ConfigurationIdentity()
        for configuration in grid.configurations where shard.contains(identity(configuration)) {
          dealt[configuration, default: 0] += 1
        }
      }
      let all = Array(grid.configurations)
      #expect(dealt.count == all.count && dealt.values.allSatisfy { $0 == 1 })
      #expect(all.allSatisfy { dealt[$0] == 1 })
    }
  }

  @Test func shardsAreOfNearlyEqualSize() throws {
    let grid = try Catalog.bundled().grid(named: "small").grid, count = 8
    var sizes = [Int](repeating: 0, count: count), identity = ConfigurationIdentity()
    for configuration in grid.configurations { sizes[Shard.index(of: identity(configuration), count: count) - 1] += 1 }
    // 24 each in the mean; five standard deviations.
    #expect(sizes.allSatisfy { abs($0 - grid.count / count) < 24 }, "\(sizes)")
  }

  /// Recorded once: another machine, or another version, that dealt differently would leave configurations out.
  @Test func theNumberOfAConfigurationNeverChanges() throws {
    var identity = ConfigurationIdentity()
    let configuration = Configuration(
      shape: Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14), shapeName: "ViT-G/14")
    let text =
      #""device":"tpu-v3","batch":8,"imageSize":224,"head":"map","classes":29593,"optimizer":"adafactor","#
      + #""precision":"bfloat16","gradientClipping":"none","rematerialization":"automatic","layers":"unrolled","#
      + #""dataParallel":8,"memoryLimit":null,"width":1664,"depth":48,"mlpWidth":8192,"heads":16,"patch":14"#
    #expect(identity(configuration) == ConfigurationIdentity.of(text.utf8))
    // FNV-1a of the text, and of nothing, by its definition.
    #expect(ConfigurationIdentity.hash("".utf8) == 0xCBF2_9CE4_8422_2325)
    #expect(ConfigurationIdentity.hash("a".utf8) == 0xAF63_DC4C_8601_EC8C)
    #expect(identity(configuration) == identity(configuration.unnamed))
    var other = configuration
    other.shape.depth = 47
    #expect(identity(other) != identity(configuration))
  }

  @Test(
    arguments: [
      ("3/8", [:], 3, 8),
      ("auto", ["SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "8"], 5, 8),
      ("auto", ["SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "4"], 1, 4),
      (
        "auto",
        [
          "SLURM_ARRAY_TASK_ID": "6", "SLURM_ARRAY_TASK_MIN": "2", "SLURM_ARRAY_TASK_COUNT": "3",
          "SLURM_ARRAY_TASK_STEP": "2",
        ], 3, 3
      ),
      // A few tasks of the array again.
      ("auto/8", ["SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "3", "SLURM_ARRAY_TASK_COUNT": "2"], 7, 8),
      ("auto/8", ["JOB_COMPLETION_INDEX": "0"], 1, 8), ("auto/8", ["HQ_TASK_ID": "8"], 8, 8),
      ("auto/2", ["PARALLEL_SEQ": "1"], 1, 2), ("auto", ["PARALLEL_SEQ": "2", "SHAPEFINDER_SHARDS": "5"], 2, 5),
    ] as [(String, [String: String], Int, Int)])
  func aTaskKnowsItsShard(text: String, environment: [String: String], index: Int, count: Int) throws {
    let shard = try Shard(parsing: text) { environment[$0] }
    #expect(shard.index == index && shard.count == count)
  }

  @Test(
    arguments: [
      ("0/8", [:], "the first is 1/8, the last 8/8"), ("9/8", [:], "the first is 1/8"), ("1/0", [:], "there are 1 to"),
      ("x", [:], "such as 3/8"), ("1/2/3", [:], "such as 3/8"), ("auto", [:], "SLURM_ARRAY_TASK_ID"),
      ("auto", ["PARALLEL_SEQ": "2"], "give auto/n, or n in SHAPEFINDER_SHARDS"),
      ("auto/8", ["JOB_COMPLETION_INDEX": "8"], "number the tasks 0 to 7"),
      ("auto/8", ["HQ_TASK_ID": "0"], "number the tasks 1 to 8"),
      ("auto/8", ["HQ_TASK_ID": "1", "PARALLEL_SEQ": "1"], "both HQ_TASK_ID and PARALLEL_SEQ"),
      ("auto/8", ["HQ_TASK_ID": "one"], "HQ_TASK_ID is \"one\", and no number"),
    ] as [(String, [String: String], String)])
  func whatIsNoShardSaysWhatIs(text: String, environment: [String: String], message: String) {
    let error = #expect(throws: AnswerError.self) { try Shard(parsing: text) { environment[$0] } }
    #expect(error?.message?.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func namesOfFilesAreInTheOrderOfShards() throws {
    #expect(try Shard(index: 3, count: 8).name == "0003-of-0008")
    #expect(try Shard(index: 3, count: 20000).name == "00003-of-20000")
    #expect(
      try ShardFolder.path(.compile, grid: "small", Shard(index: 3, count: 8), output: nil)
        == "shards/compile-small-0003-of-0008.ndjson")
    #expect(ShardFolder.path(.measure, grid: nil, nil, output: "maps/") == "maps/measure-grid.ndjson")
    #expect(ShardFolder.path(.measure, grid: nil, nil, output: "own.ndjson") == "own.ndjson")
  }

  /// The table of the contract is that of the program.
  @Test func theContractHasEveryExitCode() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Sources/Shapefinder/Documentation.docc/Contract.md"), encoding: .utf8)
    let section = try #require(
      text.components(separatedBy: "## Exit codes\n").last?.components(separatedBy: "\n## ").first)
    let codes = section.matches(of: /(?m)^\| (\d+) \|/).compactMap { Int32($0.1) }
    #expect(codes == ExitStatus.allCases.map(\.rawValue))
  }
}
