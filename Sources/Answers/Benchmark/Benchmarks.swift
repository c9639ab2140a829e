import Catalog
import Compilation
import EvidenceStore
import Foundation
import Reporting
import Selection
import TrainingStep
import VisionTransformer

/// Benchmarks of this program: estimates, the store, the time from launch to a map, and a printed step.
package struct Benchmarks {
  /// The benchmarks. Their order matters, because peak memory never falls.
  package enum Part: String, CaseIterable, Sendable {
    case estimates, store, map, print
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
  private static let budget = 30.0

  /// Runs some benchmarks.
  ///
  /// - Throws: `AnswerError`, and errors from `pause`.
  package func run(_ parts: Set<Part>) throws -> [BenchmarkRow] {
    try Part.allCases.filter(parts.contains).flatMap { part in
      switch part {
      case .estimates: try estimates()
      case .store: try stored()
      case .map: try maps()
      case .print: [try printed()]
      }
    }
  }

  private func time(_ subject: String, count: Int, _ body: () throws -> Void) throws -> BenchmarkRow {
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

  private func maps() throws -> [BenchmarkRow] {
    guard let program else { throw AnswerError(.failure, "the program cannot find its own file") }
    let folder = FileManager.default.temporaryDirectory.appending(path: "shapefinder-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var round = 0
    var stored = try time("launch to figure8 map, stored", count: 1) {
      round += 1
      try launch(
        program, ["map", "figure8", "--store", folder.appending(path: "\(round).sqlite").path(percentEncoded: false)])
    }
    stored.targetSeconds = 60
    stored.peakMemory = PeakMemory.ofChildren
    let drawn = try time("launch to figure8 map, not stored", count: 1) {
      try launch(program, ["map", "figure8"])
    }
    return [stored, drawn]
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

  private func launch(_ program: URL, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw AnswerError(
        .failure, "\(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
    }
  }
}
