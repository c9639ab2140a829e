import CProcess
import Catalog
import Foundation
import VisionTransformer
import WorkerProcess

/// The program `shapefinder-worker`: runs work that may crash, hang or exhaust memory, in its own process.
///
/// Without arguments it reads one request (a line of JSON) from standard input, writes one event on each line of
/// standard output, and ends. `describe [library]` reports what it would measure with; `serve` runs step by step
/// (`WorkerService`).
public enum WorkerMain {
  /// The exit codes of a worker.
  enum Status: Int32 {
    case answered = 0
    case closed = 1
    case usage = 64
    case badData = 65
    case missingLibrary = 69
  }

  /// Runs the program and ends the process.
  public static func launch() -> Never {
    exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  private static func run(_ arguments: [String]) -> Status {
    // Ctrl-C reaches every process of a terminal; the parent decides whether the trial stops.
    signal(SIGINT, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    let output = WorkerOutput()
    switch arguments.first {
    case nil: return trial(output)
    case "describe"?: return describe(arguments.dropFirst().first, output)
    case "serve"?: return WorkerService(output).run()
    default:
      output.remark(
        "usage: shapefinder-worker [describe [onednn|openblas] | serve]; a part of shapefinder, which starts it")
      return .usage
    }
  }

  private static func trial(_ output: WorkerOutput) -> Status {
    let parent = ProcessInfo.processInfo.environment[WorkerProgram.parentVariable].flatMap { pid_t($0) } ?? 0
    guard sfp_die_with_parent(parent) else { return .closed }
    guard let line = readLine(strippingNewline: true) else { return .badData }
    let request: TrialRequest
    do throws(ConfigurationError) {
      request = try TrialRequest(json: Array(line.utf8), catalog: try bundledCatalog())
    } catch {
      output.write(WorkerEvent.refused(key: error.key, value: error.value, rule: error.rule))
      return .badData
    }
    SystemLimit.set(request.memoryLimit, threads: request.threads)
    Trial(request: request) { output.write($0) }.run()
    return output.isClosed ? .closed : .answered
  }

  private static func describe(_ library: String?, _ output: WorkerOutput) -> Status {
    var products: MatrixProducts?
    if let library {
      products = MatrixProducts(rawValue: library)
      guard products != nil else { return .usage }
    }
    do throws(MeasurementError) {
      let version = if let products { try products.load() } else { try MatrixProducts.loadFastest().version }
      output.write(
        WorkerDescription(
          library: version, processor: Machine.processor, instructions: Machine.instructions,
          memory: Bytes(StepRunner.physicalMemory)))
      return .answered
    } catch {
      output.write(WorkerEvent.missingLibrary("\(error)"))
      return .missingLibrary
    }
  }

  /// - Throws: `ConfigurationError`; the bundled catalog is part of the program, and tests read it.
  static func bundledCatalog() throws(ConfigurationError) -> Catalog {
    do { return try Catalog.bundled() } catch {
      throw ConfigurationError(key: "", value: "the bundled catalog", rule: "\(error)")
    }
  }
}

/// The libraries and machine that a worker measures with.
public struct WorkerDescription: Sendable, Hashable, Codable {
  /// Library of the matrix products, with its version.
  public var library: String
  /// Name of the processor.
  public var processor: String
  /// Instruction set of the kernels.
  public var instructions: String
  /// Memory of the machine.
  public var memory: Bytes

  /// A description.
  package init(library: String, processor: String, instructions: String, memory: Bytes) {
    self.library = library
    self.processor = processor
    self.instructions = instructions
    self.memory = memory
  }
}
