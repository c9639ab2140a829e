import Foundation
import Reporting

extension Benchmarks {
  /// Least rounds of launches: each takes little time, and they scatter.
  private static var leastLaunches: Int { 9 }

  /// Answers from launch to exit, nothing warmed up, beside an empty program launched the same way, all in turn.
  func launches() throws -> [BenchmarkRow] {
    let commands: [(subject: String, launch: Launch, targetSeconds: Double?)] = [
      ("launch of `true`", Launch(program: "true"), nil),
      ("launch to check ViT-G/14", try launch("check", "ViT-G/14"), 0.015),
      ("launch to figure8 map, not stored", try launch("map", "figure8", "--no-store"), 0.1),
      (
        "launch to optimizers ViT-Ti/16 on cpu", try launch("optimizers", "ViT-Ti/16", "--device", "cpu"), 0.05
      ),
    ]
    announce("launches", commands.count)
    var seconds = commands.map { _ in [Double]() }
    for _ in 0..<max(rounds, Self.leastLaunches) {
      for index in commands.indices { seconds[index].append(try commands[index].launch.seconds()) }
      try pause()
    }
    return zip(commands, seconds).map { command, seconds in
      BenchmarkRow(
        subject: command.subject, count: 1, seconds: seconds, targetSeconds: command.targetSeconds,
        peakMemory: PeakMemory.ofChildren)
    }
  }

  /// This program with some arguments.
  ///
  /// - Throws: `AnswerError` if its file cannot be found.
  func launch(_ arguments: String...) throws -> Launch {
    guard let program else { throw AnswerError(.failure, "the program cannot find its own file") }
    return Launch(program: program.path(percentEncoded: false), arguments: arguments)
  }
}
