import Foundation
import Scheduling
import Testing

/// A graph that libtpu scheduled, with its order and what it logged; written by `shapefinder compile --graph FILE`.
struct DumpedGraph: CustomStringConvertible, Sendable {
  let name: String
  let graph: ScheduledGraph
  /// The compiler's order.
  let order: [Int]
  /// Numbers that it logged.
  private let logged: [String: Int]

  var description: String { name }
  /// The live peak that it logged, in bytes: what is updated in place, results and temporaries.
  var livePeak: Int? { logged["livePeak"] }
  var limit: Int? { logged["rematerializationLimit"] }
  var peakAfter: Int? { logged["peakAfter"] }
  var rematerialized: Int? { logged["rematerialized"] }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Validation/evidence/graphs")

  /// Every bundled graph.
  static let all: [DumpedGraph] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
    return names.filter { $0.hasSuffix(".graph.gz") }.sorted().compactMap { try? DumpedGraph($0) }
  }()

  init(_ file: String) throws {
    let gzip = Process(), output = Pipe()
    gzip.executableURL = URL(filePath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-dc", Self.folder.appending(path: file).path(percentEncoded: false)]
    gzip.standardOutput = output
    try gzip.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    gzip.waitUntilExit()
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    var logged: [String: Int] = [:], order: [Int] = []
    for line in lines {
      let fields = line.split(separator: "\t")
      if fields.count == 2, let number = Int(fields[1]) { logged[String(fields[0])] = number }
      if fields.first == "order" { order = fields[1].split(separator: ",").compactMap { Int($0) } }
    }
    name = file
    graph = try ScheduledGraph(lines: lines)
    self.order = order
    self.logged = logged
  }
}
