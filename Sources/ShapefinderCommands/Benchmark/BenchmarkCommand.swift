import Answers
import ArgumentParser
import Foundation
import VisionTransformer
import WorkerProcess

/// `shapefinder benchmark`.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract:
      "Times estimates, the store, sweeps brought together, answers from launch to end, and the printing of a step.",
    discussion: """
      Estimates run on one core with every part of the breakdown: over a grid, depth innermost, and for configurations in \
      any order, each from 10^4 up; a peak that does not grow shows that memory is constant. Stored rows are compared with a \
      bare loop of prepared inserts into the same tables, in turn; so are rows that are collected from the files of a thousand \
      tasks. Answers, a selection from 10^7 configurations and the stored map \
      are timed from launch to end of child processes; the answers in turn, at least nine times, beside a program that does nothing. The step of ViT-G/14 is printed as a StableHLO module, once its program is made. Medians, least and most over the \
      rounds; long ones are cut short after half a minute. Estimates in any order come after a round that is not timed, in \
      which the models of structures are built.

      Examples:

        shapefinder benchmark --quick
        shapefinder benchmark estimates --largest 1e8
        shapefinder benchmark collect --rows 1e6
        shapefinder benchmark store map --rounds 9 --format json
      """)

  @Argument(help: "What to time. (default: everything)") var parts: [Benchmarks.Part] = []
  @Flag(help: "A few seconds: fewer rounds, 10^4 to 10^6 estimates, 20,000 rows.") var quick = false
  @Option("Rounds. (default: 5; 3 with --quick)", "n", transform: atLeastOne)
  var rounds: Int?
  @Option("Most estimates, 1e4 to 1e8. (default: 1e8; 1e6 with --quick)", "n", transform: magnitude)
  var largest: Double?
  @Option("Rows to store. (default: 200000; 20000 with --quick)", "n", transform: magnitude)
  var rows: Double?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let largest, !(1e4...1e8).contains(largest) { throw ValidationError("--largest must be between 1e4 and 1e8") }
    if let rows, !(1...1e7).contains(rows) { throw ValidationError("--rows must be between 1 and 1e7") }
  }

  func run() throws {
    let stop = WorkerStopSignal.signals()
    let benchmarks = Benchmarks(
      rounds: rounds ?? (quick ? 3 : 5), largest: Int(largest ?? (quick ? 1e6 : 1e8)),
      rows: Int(rows ?? (quick ? 20_000 : 200_000)), program: Bundle.main.executableURL,
      announce: { if Console.errors.isInteractive { remark("\($0): \(grouped($1))") } },
      pause: { if stop.isRequested() { throw CommandError.interrupted(kept: "nothing was stored") } })
    let answers = try benchmarks.run(Set(parts.isEmpty ? Benchmarks.Part.allCases : parts))
    try output.write(answers, BenchmarkRow.listing)
  }
}

extension Benchmarks.Part: ExpressibleByArgument {}
