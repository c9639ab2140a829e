import Evidence
import Foundation
import Synchronization
import VisionTransformer
import WorkerProcess

/// Runs a device's own compiler, in a separate process for each program, and survives whatever happens to that process.
///
/// ```swift
/// let compiler = try Compiler(.tpu)
/// let outcome = await compiler.compile(CompileProgram(text), topology: try CompileTopology(device: "tpu-v3", partitions: 8))
/// ```
public struct Compiler: Sendable {
  /// The plugin.
  public let plugin: InstalledPlugin
  /// The worker program.
  public let worker: WorkerProgram

  /// A compiler. From now on, writing to a worker that has died is an error and does not end this process.
  public init(plugin: InstalledPlugin, worker: WorkerProgram) {
    self.plugin = plugin
    self.worker = worker
    signal(SIGPIPE, SIG_IGN)
  }

  /// The installed plugin of a kind, with the worker beside this program.
  ///
  /// - Throws: `PluginMissing`, `PluginError`, `WorkerError`.
  public init(_ kind: PluginKind, version: String? = nil) throws {
    self.init(
      plugin: try PluginDirectory.standard.find(kind, version: version).identified(), worker: try WorkerProgram.find())
  }

  /// Compiles `program` for `topology`.
  ///
  /// A program that crashes the compiler, hangs it or exceeds its memory limit is an outcome like any other. If the
  /// task is cancelled or `stop` fires, the worker is killed at once.
  public func compile(
    _ program: CompileProgram, topology: CompileTopology, settings: CompileSettings = CompileSettings(),
    stop: WorkerStopSignal = .never, progress: @escaping @Sendable (CompileProgress) -> Void = { _ in }
  ) async -> CompileOutcome {
    let cancelled = CancelFlag()
    let either = WorkerStopSignal(descriptor: stop.descriptor) { cancelled.isSet || stop.isRequested() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // A worker dies with the thread that started it, so this thread stays until the worker is gone.
        let thread = Thread {
          continuation.resume(
            returning: run(program, topology: topology, settings: settings, stop: either, progress: progress))
        }
        thread.stackSize = 1 << 20
        thread.start()
      }
    } onCancel: {
      cancelled.set()
    }
  }

  /// Compiles on this thread, which must live as long as the compile.
  public func run(
    _ program: CompileProgram, topology: CompileTopology, settings: CompileSettings = CompileSettings(),
    stop: WorkerStopSignal = .never, progress: (CompileProgress) -> Void = { _ in }
  ) -> CompileOutcome {
    let options = settings.options.compiling(program)
    let request = CompileRequest(
      plugin: plugin.library, topology: topology, options: options, argumentCount: program.argumentCount,
      keepProgram: settings.keepProgram)
    let start = ContinuousClock.now
    let started: WorkerProgram.Started
    do throws(WorkerError) {
      started = try worker.start([CompileMain.subcommand], environment: environment(settings))
    } catch {
      return .failed(WorkerFailure(.notStarted("\(error)")))
    }
    progress(.launched(process: started.process))

    var heard = Heard()
    // libtpu handles SIGTERM in its own way, and there is nothing to save.
    var conversation = WorkerConversation(
      started, limits: .init(timeout: settings.timeout, residentMemory: settings.residentMemory, grace: 0), stop: stop)
    let ending = withoutActuallyEscaping(progress) { progress in
      let listener = WorkerConversation.Listener { line in
        let knew = heard.log.hasPeak
        heard.log.take(line)
        if !knew, heard.log.hasPeak { progress(.peak(heard.log)) }
        return !settings.isAnswered(by: heard.log)
      } output: { line in
        let event = try WireJSON.value(CompileEvent.self, line)
        if case .loaded(let compiler) = event {
          heard.compiler = compiler
          progress(.loaded(compiler))
        } else {
          heard.last = event
        }
      }
      return conversation.run(Array((WireJSON.text(request) + "\n").utf8) + program.bytes, listener)
    }
    guard let ending else { return .stopped }
    let seconds = Seconds((ContinuousClock.now - start) / .seconds(1))
    func report(_ compiled: CompiledProgram?, _ outOfMemory: OutOfMemory?) -> CompileOutcome {
      guard let compiler = heard.compiler else { return .failed(ending) }
      return .answered(
        CompileReport(
          programHash: program.hash, plugin: plugin.title, compiler: compiler, topology: topology, options: options,
          compiled: compiled, outOfMemory: outOfMemory, log: heard.log, seconds: seconds))
    }
    // Events before the end count, however the worker ended.
    switch heard.last {
    case .completed(let program)?: return report(program, nil)
    case .refused(let error)? where error.code == .resourceExhausted:
      return report(nil, OutOfMemory(message: error.message))
    case .refused(let error)?: return .refused(error)
    case .unusable(let error)?: return .unusable(error)
    case .garbled(let problem)?: return .failed(WorkerFailure(.garbled(problem)))
    case .loaded?, nil:
      return settings.isAnswered(by: heard.log) ? report(nil, nil) : .failed(ending)
    }
  }

  private func environment(_ settings: CompileSettings) -> [String: String] {
    var environment = plugin.kind.environment(settings.mode)
    if let graph = settings.graph {
      environment[GraphDump.variable] = graph.flags(beside: ProcessInfo.processInfo.environment[GraphDump.variable])
    }
    return environment
  }

  /// The events heard from a worker.
  private struct Heard {
    var compiler: CompilerIdentity?
    var last: CompileEvent?
    var log = CompilerLog()
  }
}

/// Records whether a task was cancelled.
private final class CancelFlag: Sendable {
  private let flag = Atomic(false)
  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}
