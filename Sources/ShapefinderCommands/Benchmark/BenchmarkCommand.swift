import WorkerProcess
import ArgumentParser
import Catalog
import Compilation
import EvidenceStore
import Foundation
import Reporting
import Selection
import TrainingStep
import VisionTransformer

/// `shapefinder benchmark`.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Times estimates, the store, the way from launch to the map of Figure 8, and a printed step.",
    discussion: """
      Estimates run on one core with every part of the breakdown: over a grid, depth innermost, and for configurations in \
      any order, each from 10^4 up; peak memory that stays says that memory is constant. Stored rows are held against a bare \
      loop of prepared inserts on the same tables, in turn. The map is drawn by a child process, from its launch to its end. \
      The step of ViT-G/14 is printed as a StableHLO module, once its program is made. Medians, least and most over the rounds; long ones are cut short after half a minute. Estimates in any order come after \
      a round that is not timed, in which the models of structures are built.

      Examples:

        shapefinder benchmark --quick
        shapefinder benchmark estimates --largest 1e8
        shapefinder benchmark store map --rounds 9 --format json
      """)

  /// What can be timed.
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case estimates, store, map, print
  }

  @Argument(help: "What to time. (default: everything)") var parts: [Part] = []
  @Flag(help: "A few seconds: fewer rounds, 10^4 to 10^6 estimates, 20,000 rows.") var quick = false
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Rounds. (default: 5; 3 with --quick)", valueName: "n"),
    transform: atLeastOne)
  var rounds: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Most estimates, 1e4 to 1e8. (default: 1e8; 1e6 with --quick)", valueName: "n"),
    transform: magnitude)
  var largest: Double?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Rows to store. (default: 200000; 20000 with --quick)", valueName: "n"),
    transform: magnitude)
  var rows: Double?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let largest, !(1e4...1e8).contains(largest) { throw ValidationError("--largest goes from 1e4 to 1e8") }
    if let rows, !(1...1e7).contains(rows) { throw ValidationError("--rows goes from 1 to 1e7") }
  }

  func run() throws {
    _ = WorkerStopSignal.signals()
    let rounds = rounds ?? (quick ? 3 : 5)
    let parts = Set(parts.isEmpty ? Part.allCases : parts)
    var answers: [BenchmarkRow] = []
    // The order matters: peak memory never falls.
    for part in Part.allCases where parts.contains(part) {
      switch part {
      case .estimates: answers += try estimates(rounds: rounds)
      case .store: answers += try stored(rounds: rounds)
      case .map: answers += try maps(rounds: rounds)
      case .print: answers.append(try printed(rounds: rounds))
      }
    }
    try output.write(answers, BenchmarkRow.listing)
  }

  /// A round that was cut short after this many seconds is the last of its kind.
  private static let budget = 30.0

  private func time(_ subject: String, count: Int, rounds: Int, _ body: () throws -> Void) throws -> BenchmarkRow {
    if Console.errors.isInteractive { remark("\(subject): \(grouped(count))") }
    var seconds: [Double] = []
    while seconds.count < rounds, seconds.isEmpty || seconds.reduce(0, +) < Self.budget {
      let start = ContinuousClock.now
      try body()
      seconds.append((ContinuousClock.now - start) / .seconds(1))
      try Self.checkSignal()
    }
    return BenchmarkRow(subject: subject, count: count, seconds: seconds, peakMemory: PeakMemory.ofThisProcess)
  }

  private static func checkSignal() throws {
    if WorkerStopSignal.caughtSignals.isRequested() { throw CommandError.interrupted(kept: "nothing was stored") }
  }

  private func estimates(rounds: Int) throws -> [BenchmarkRow] {
    let device = try Catalog.bundled().device(named: Configuration.Defaults.device)
    let grid = try EstimateBenchmark.grid(device: device.name)
    let work = EstimateBenchmark(device: device)
    defer { work.deallocate() }
    let largest = Int(largest ?? (quick ? 1e6 : 1e8))
    let counts = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000].filter { $0 <= largest }
    var rows: [BenchmarkRow] = []
    for count in counts {
      var row = try time("estimates over a grid", count: count, rounds: rounds) {
        try work.overGrid(grid, count: count, pause: Self.checkSignal)
      }
      row.targetRate = 20e6
      rows.append(row)
    }
    // Models of structures are built once a process, those of rare ones late: rounds that are not timed meet them, so that
    // one of 10^4 does not depend on how many came before it.
    for round in 0...rounds { try work.inAnyOrder(count: 200_000, round: round, pause: Self.checkSignal) }
    var round = 0
    for count in counts {
      var row = try time("estimates in any order", count: count, rounds: rounds) {
        round += 1
        try work.inAnyOrder(count: count, round: round, pause: Self.checkSignal)
      }
      row.targetRate = 1e6
      rows.append(row)
    }
    return rows
  }

  private func stored(rounds: Int) throws -> [BenchmarkRow] {
    let count = Int(rows ?? (quick ? 20_000 : 200_000))
    if Console.errors.isInteractive { remark("rows stored: \(grouped(count))") }
    let comparison = try StoreBenchmark.compare(rows: count, rounds: rounds)
    func row(_ subject: String, _ rate: StoreBenchmark.Rate) -> BenchmarkRow {
      BenchmarkRow(
        subject: subject, count: count, seconds: rate.rounds.map { Double(count) / $0 },
        peakMemory: PeakMemory.ofThisProcess)
    }
    var store = row("rows stored", comparison.store)
    store.ratio = (comparison.ratio, 0.8)
    return [row("rows inserted by a bare loop", comparison.bare), store]
  }

  private func maps(rounds: Int) throws -> [BenchmarkRow] {
    guard let program = Bundle.main.executableURL else {
      throw CommandError(status: .failure, message: "the program does not find its own file")
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "shapefinder-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var round = 0
    var stored = try time("launch to figure8 map, stored", count: 1, rounds: rounds) {
      round += 1
      try launch(
        program, ["map", "figure8", "--store", folder.appending(path: "\(round).sqlite").path(percentEncoded: false)])
    }
    stored.targetSeconds = 60
    stored.peakMemory = PeakMemory.ofChildren
    let drawn = try time("launch to figure8 map, not stored", count: 1, rounds: rounds) {
      try launch(program, ["map", "figure8"])
    }
    return [stored, drawn]
  }

  private func printed(rounds: Int) throws -> BenchmarkRow {
    let giant = Configuration(shape: try Catalog.bundled().shape(named: "ViT-G/14"))
    let program = try TrainingStep(giant).program
    var row = try time("ViT-G/14 printed as StableHLO", count: 1, rounds: rounds) {
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
      throw CommandError(
        status: .failure, message: "\(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
    }
  }
}
