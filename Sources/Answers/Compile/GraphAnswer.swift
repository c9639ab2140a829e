import Compilation
import Evidence
import Foundation
import Reporting
import Scheduling
import VisionTransformer
import XLALowering

/// The answer to "what does the compiler schedule, and what is alive at the peak": its own graph, read before the long
/// part of a compile, and the public algorithms run on it.
package struct GraphAnswer {
  /// The report.
  package let report: GraphReport

  /// Compiles as far as the scheduler, and replays it.
  ///
  /// Nothing is stored: the graph is no evidence of a verdict.
  ///
  /// - Throws: `AnswerError` if the compiler fails or writes no graph; `SessionRun.Interrupted` after a stop signal.
  package init(
    _ question: CompileQuestion, _ compiler: some CompileRunning, settings: CompileSettings,
    observer: inout some CompileObserver, _ context: AnswerContext
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "shapefinder-graph-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = settings
    settings.graph = GraphDump(folder: folder)
    let session = try CompileSession(
      compiler, settings: settings, known: KnownAnswers(evidence: false, failures: false), store: nil, command: "",
      grid: nil, context: context)
    var answer: CompileAnswer?
    try session.ask([question], mode: .memory, jobs: 1, observer: &observer) { _, found, _ in answer = found }
    guard let evidence = try answer?.found() else { throw SessionRun.Interrupted() }
    guard case .tpu(let tpu) = question.device.kind else {
      throw AnswerError(.failure, "\(question.title): \(question.device.name) has no compiler")
    }
    let alignment = tpu.alignment
    let compiled: CompiledGraph
    do {
      compiled = try GraphDump(folder: folder).read(alignment: alignment)
    } catch {
      throw AnswerError(.failure, "\(question.title): \(error)")
    }
    report = GraphReport(
      compiled.graph, order: compiled.order,
      own: question.configuration.map { LoweredGraph(of: $0, alignment: alignment) }, log: evidence.report.log,
      title: question.title, device: question.device.name, compiler: compiler.title)
  }
}

extension LoweredGraph {
  /// The graph of a configuration as this package lowers it.
  fileprivate init(of configuration: Configuration, alignment: Int) {
    do {
      self = .graph(try ScheduledGraph(lowering: configuration, alignment: alignment))
    } catch {
      self = .notLowered("\(error)")
    }
  }
}
