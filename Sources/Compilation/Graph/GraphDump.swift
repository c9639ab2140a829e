import Foundation
import Scheduling

/// The graph that a compiler schedules, and the order in which it is left to rematerialization.
public struct CompiledGraph: Sendable {
  /// The graph.
  public var graph: ScheduledGraph
  /// The compiler's order of its nodes: the scheduler's choice, some scalars moved since.
  public var order: [Int]

  /// A graph and its order.
  public init(graph: ScheduledGraph, order: [Int]) {
    self.graph = graph
    self.order = order
  }
}

/// A folder in which XLA writes the program just before its scheduler and just before its rematerialization.
///
/// libtpu reads the flags from the environment and writes seconds into a compile, long before that ends.
public struct GraphDump: Sendable, Hashable {
  /// The folder.
  public let folder: URL

  /// A dump in `folder`, which must exist.
  public init(folder: URL) { self.folder = folder }

  /// The variable that the flags are read from.
  static let variable = "XLA_FLAGS"
  /// The two passes: their names, with which those in file names begin.
  private static let scheduler = "hlo-memory-scheduler", rematerialization = "rematerialization"

  /// Flags for the compiler, beside those that the user has set.
  ///
  /// Source: openxla/xla, xla/debug_options_flags.cc.
  func flags(beside given: String?) -> String {
    let path = folder.path(percentEncoded: false)
    let own = [
      "--xla_dump_to='\(path)'", "--xla_dump_hlo_as_proto=true",
      "--xla_dump_hlo_pass_re=\(Self.scheduler).*|\(Self.rematerialization)",
    ]
    return ([given].compactMap(\.self) + own).joined(separator: " ")
  }

  /// Why a dump cannot be used.
  public enum Failure: Error, Sendable, Hashable {
    /// The compiler wrote none, as one without this scheduler does.
    case missing
    /// It cannot be read.
    case unreadable(String)
  }

  /// Reads the dump.
  ///
  /// - Parameter alignment: bytes that arrays are rounded up to.
  /// - Throws: `Failure`.
  public func read(alignment: Int) throws(Failure) -> CompiledGraph {
    let before = try module("before_\(Self.scheduler)")
    let graph: ScheduledGraph
    do { graph = try before.scheduledGraph(alignment: alignment) } catch { throw .unreadable("\(error)") }
    let scheduled = try module("before_\(Self.rematerialization)")
    let index = Dictionary(graph.nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let order = scheduled.computations[scheduled.entry]?.instructions.compactMap { index[$0.name] } ?? []
    guard scheduled.isScheduled, order.count == graph.nodes.count, Set(order).count == order.count else {
      throw .unreadable("the scheduled program has other instructions than the one before")
    }
    return CompiledGraph(graph: graph, order: order)
  }

  private func module(_ mark: String) throws(Failure) -> HLOModule {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
    guard let name = files.filter({ $0.contains(mark) && $0.hasSuffix(".pb") }).min() else { throw .missing }
    do {
      let bytes = try Data(contentsOf: folder.appending(path: name))
      return try HLOModule(format: "hlo_with_config", bytes: Array(bytes))
    } catch {
      throw .unreadable("\(error)")
    }
  }
}

extension GraphDump.Failure: CustomStringConvertible {
  /// The failure with its way out.
  public var description: String {
    switch self {
    case .missing: "the compiler wrote no graph; libtpu 0.0.17.1 does: --plugin 0.0.17.1"
    case .unreadable(let problem): "the compiler's graph cannot be read: \(problem)"
    }
  }
}
