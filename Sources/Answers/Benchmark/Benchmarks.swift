import Catalog
import Compilation
import EvidenceStore
import Foundation
import Reporting
import Selection
import TrainingStep
import VisionTransformer

/// Benchmarks of this program: estimates, the store, a sweep brought together in one, the times from launch to answers, to
/// selected shapes and to a stored map, and a printed step.
package struct Benchmarks {
  /// The benchmarks. Their order matters, because peak memory never falls.
  package enum Part: String, CaseIterable, Sendable {
    case estimates, store, collect, launch, select, map, print
  }

  /// Rounds of each benchmark; fewer if they take more than half a minute together.
  package var rounds: Int
  /// Largest number of estimates in a round.
  package var largest: Int
  /// Rows that are stored in a round.
  package var rows: Int
  /// This program's file, which is launched to draw a map; nil if it cannot be found.
  package var program: URL?
  /// Announces what is timed next, and how many units.
  package var announce: (String, Int) -> Void
  /// Called from time to time; may throw to stop.
  package var pause: () throws -> Void

  /// A choice of benchmarks and their sizes.
  package init(
    rounds: Int, largest: Int, rows: Int, program: URL?, announce: @escaping (String, Int) -> Void,
    pause: @escaping () throws -> Void
  ) {
    self.rounds = rounds
    self.largest = largest
    self.rows = rows
    self.program = program
    self.announce = announce
    self.pause = pause
  }

  /// A round that is cut short after this many seconds is the last of its benchmark.
  static let budget = 30.0

  /// Runs some benchmarks.
  ///
  /// - Throws: `AnswerError`, and errors from `pause`.
  package func run(_ parts: Set<Part>) throws -> [BenchmarkRow] {
    try Part.allCases.filter(parts.contains).flatMap { part in
      switch part {
      case .estimates: try estimates()
      case .store: try stored()
      case .collect: try collected()
      case .launch: try launches()
      case .select: [try selected()]
      case .map: [try stored(map: "figure8")]
      case .print: [try printed()]
      }
    }
  }

  func time(_ subject: String, count: Int, _ body: () throws -> Void) throws -> BenchmarkRow {
    announce(subject, count)
    var seconds: [Double] = []
    while seconds.count < rounds, seconds.isEmpty || seconds.reduce(0, +) < Self.budget {
      let start = ContinuousClock.now
      try body()
      seconds.append((ContinuousClock.now - start) / .seconds(1))
      try pause()
    }
    return BenchmarkRow(subject: subject, count: count, seconds: seconds, peakMemory: PeakMemory.ofThisProcess)
  }

  private func estimates() throws -> [BenchmarkRow] {
    let device = try Catalog.bundled().device(named: Configuration.Defaults.device)
    let grid = try EstimateBenchmark.grid(device: device.name)
    let work = EstimateBenchmark(device: device)
    defer { work.deallocate() }
    let counts = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000].filter { $0 <= largest }
    var answers: [BenchmarkRow] = []
    for count in counts {
      var row = try time("estimates over a grid", count: count) {
        try work.overGrid(grid, count: count, pause: pause)
      }
      row.targetRate = 20e6
      answers.append(row)
    }
    // Models of structures are built once in a process, and those of rare ones late: untimed rounds meet them first, so
    // that a round of 10^4 does not depend on how many came before it.
    for round in 0...rounds { try work.inAnyOrder(count: 200_000, round: round, pause: pause) }
    var round = 0
    for count in counts {
      var row = try time("estimates in any order", count: count) {
        round += 1
        try work.inAnyOrder(count: count, round: round, pause: pause)
      }
      row.targetRate = 1e6
      answers.append(row)
    }
    return answers
  }

  private func stored() throws -> [BenchmarkRow] {
    announce("rows stored", rows)
    let comparison = try StoreBenchmark.compare(rows: rows, rounds: rounds)
    func row(_ subject: String, _ rate: StoreBenchmark.Rate) -> BenchmarkRow {
      BenchmarkRow(
        subject: subject, count: rows, seconds: rate.rounds.map { Double(rows) / $0 },
        peakMemory: PeakMemory.ofThisProcess)
    }
    var store = row("rows stored", comparison.store)
    store.ratio = (comparison.ratio, 0.8)
    return [row("rows inserted by a bare loop", comparison.bare), store]
  }

  private func stored(map grid: String) throws -> BenchmarkRow {
    let folder = FileManager.default.temporaryDirectory.appending(path: "shapefinder-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var round = 0
    var row = try time("launch to \(grid) map, stored", count: 1) {
      round += 1
      let store = folder.appending(path: "\(round).sqlite").path(percentEncoded: false)
      _ = try launch("map", grid, "--store", store).seconds()
    }
    row.targetSeconds = 60
    row.peakMemory = PeakMemory.ofChildren
    return row
  }

  /// A selection over 10^7 configurations, a hundred depths a column; fewer widths where not so many are wanted.
  private func selected() throws -> BenchmarkRow {
    let depth = "1..100", width = "512..2560 by \(largest < 10_000_000 ? 40 : 4)", mlpWidth = "1024..12288 by 512"
    let heads = "1,2,4", patch = "14,16,28"
    let question = GridQuestion(
      name: nil, depth: depth, width: width, mlpWidth: mlpWidth, heads: heads, patch: patch, setting: GivenSetting())
    let count = try question.searched(AnswerContext(catalog: Catalog.bundled())).grid.count
    var row = try time("launch to selected shapes", count: count) {
      _ = try launch(
        "select", "--depth", depth, "--width", width, "--mlp-width", mlpWidth, "--heads", heads, "--patch", patch,
        "--no-store"
      ).seconds()
    }
    row.targetRate = 1e6
    row.peakMemory = PeakMemory.ofChildren
    return row
  }

  private func printed() throws -> BenchmarkRow {
    let giant = Configuration(shape: try Catalog.bundled().shape(named: "ViT-G/14"))
    let program = try TrainingStep(giant).program
    var row = try time("ViT-G/14 printed as StableHLO", count: 1) {
      _ = StableHLOModule(program, AxisSizes(giant), partitions: giant.dataParallel).text
    }
    row.targetSeconds = 1
    return row
  }
}
