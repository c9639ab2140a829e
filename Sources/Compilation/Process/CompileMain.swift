import CProcess
import Evidence
import Foundation
import VisionTransformer
import WorkerProcess

/// `shapefinder-worker compile`: one compile in a process that may crash, hang or run out of memory.
///
/// Standard input holds a `CompileRequest` on its first line, followed by the program; each line of output is a
/// `CompileEvent`. The plugin logs to standard error, which the parent reads.
public enum CompileMain {
  /// The word on the command line.
  public static let subcommand = "compile"

  /// Runs the compile and ends the process, regardless of threads and exit handlers that the plugin left.
  public static func launch() -> Never {
    signal(SIGINT, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    let output = WorkerOutput()
    let parent = ProcessInfo.processInfo.environment[WorkerProgram.parentVariable].flatMap { pid_t($0) } ?? 0
    guard sfp_die_with_parent(parent) else { _exit(WorkerOutput.closedStatus) }
    _ = sfp_write_no_core()
    // If memory runs out, the system should kill this process first.
    try? "500".write(toFile: "/proc/self/oom_score_adj", atomically: false, encoding: .utf8)
    run(FileHandle.standardInput.readDataToEndOfFile()) { output.write($0) }
    _exit(0)
  }

  private static func run(_ input: Data, _ report: (CompileEvent) -> Void) {
    let lineEnd = input.firstIndex(of: UInt8(ascii: "\n")) ?? input.endIndex
    let request: CompileRequest
    do {
      request = try WireJSON.value(CompileRequest.self, input[..<lineEnd])
    } catch {
      return report(.garbled(problem: "this is not a request: \(error)"))
    }
    do {
      let plugin = try PJRTPlugin(path: request.plugin)
      let topology = try PJRTTopology(plugin, name: request.topology.name, options: request.topology.options)
      let kinds = try topology.deviceKinds()
      report(
        .loaded(
          compiler: CompilerIdentity(
            interface: "\(plugin.version.major).\(plugin.version.minor)", platform: topology.platformName,
            version: topology.platformVersion, deviceKind: kinds.first ?? "", cores: kinds.count)))
      guard request.options.cores <= kinds.count else {
        throw PJRTError(
          .invalidArgument,
          "\(request.options.cores) partitions on the \(kinds.count) cores of \(request.topology.name)")
      }
      let start = ContinuousClock.now
      let executable = try topology.compile(
        Array(input[lineEnd...].dropFirst()), options: request.options, argumentCount: request.argumentCount ?? 0)
      let seconds = Seconds((ContinuousClock.now - start) / .seconds(1))
      report(.completed(program: try read(executable, request, seconds)))
    } catch let error as PluginError {
      report(.unusable(error: error))
    } catch let error as PJRTError {
      report(.refused(error: error))
    } catch {
      report(.refused(error: PJRTError(.unknown, "\(error)")))
    }
  }

  private static func read(
    _ executable: PJRTExecutable, _ request: CompileRequest, _ seconds: Seconds
  ) throws -> CompiledProgram {
    var compiled = CompiledProgram(
      memory: try executable.memory(), cost: (try? executable.cost()) ?? [:], schedule: nil, problem: nil,
      seconds: seconds)
    do {
      let program = try executable.optimizedProgram()
      if let path = request.keepProgram {
        try Data(program.bytes).write(to: URL(filePath: path))
      }
      compiled.schedule = ScheduleReading(try HLOModule(format: program.format, bytes: program.bytes))
    } catch {
      compiled.problem = "the final program is not understood: \(error)"
    }
    return compiled
  }
}
