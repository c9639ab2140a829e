import Foundation
import Testing

extension Program {
  /// The worker's file, beside the program's.
  static let worker = url.deletingLastPathComponent().appending(path: "shapefinder-worker")

  /// Options of a shape whose step takes about a millisecond.
  static let tinyShape = ["--width", "32", "--mlp-width", "64", "--heads", "1", "--patch", "16"]
  /// Options of `count` shapes like it; they differ in the MLP-width, which costs a trial nothing.
  static func tinyGrid(_ count: Int) -> [String] {
    ["--depth", "1", "--width", "32", "--mlp-width", "8..\(8 * count) by 8", "--heads", "1", "--patch", "16"]
  }
  /// Options under which a trial is over in some ten milliseconds, and does not depend on what else the machine does.
  static let quick = [
    "--image-size", "32", "--batch", "2", "--classes", "10", "--threads", "1", "--steps", "2", "--warm-up", "1",
  ]

  /// `measure` of a tiny shape.
  func measure(_ arguments: String..., environment: [String: String] = [:]) throws -> Answer {
    try run(["measure"] + arguments + Self.tinyShape + Self.quick, environment: environment)
  }

  /// `measure` of `count` tiny shapes.
  func sweep(_ count: Int, _ arguments: String..., environment: [String: String] = [:]) throws -> Answer {
    try run(["measure"] + Self.tinyGrid(count) + Self.quick + arguments, environment: environment)
  }

  /// A shell script that stands in for the worker: `body` runs instead of a trial; `$real` is the real worker.
  func workerScript(_ body: String) throws -> String {
    let path = path("worker-\(UUID().uuidString)")
    let script = """
      #!/bin/bash
      real='\(Self.worker.path(percentEncoded: false))'
      if [ "$1" = describe ]; then exec "$real" "$@"; fi
      \(body)

      """
    // Written by a child: were it written here, a process that another test forks meanwhile could hold it open for
    // writing, and a file that is open for writing cannot be run ("Text file busy").
    let written = try shell("cat > '\(path)' <<'END_OF_WORKER'\n\(script)END_OF_WORKER\nchmod 755 '\(path)'")
    guard written.status == 0 else { throw CocoaError(.fileWriteUnknown) }
    return path
  }

  /// The real worker under a path of its own, so that its processes can be told from those of other tests.
  func ownWorker() throws -> String {
    let own = folder.appending(path: "worker-\(UUID().uuidString)")
    do {
      try FileManager.default.linkItem(at: Self.worker, to: own)
    } catch {
      try FileManager.default.copyItem(at: Self.worker, to: own)
    }
    return own.path(percentEncoded: false)
  }

  /// Processes that run the file at `path`.
  static func processes(of path: String) -> [Int32] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { Int32($0) }.filter { id in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe")) == path
    }
  }

  /// Whether the store `s.sqlite` is sound and holds evidence of `count` configurations, each once.
  func holds(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let sql = """
      PRAGMA integrity_check; PRAGMA foreign_key_check;
      SELECT count(*), count(DISTINCT configuration_id), max(revision) FROM evidence
      """
    #expect(try sqlite("s.sqlite", sql) == "ok\n\(count)|\(count)|1", sourceLocation: sourceLocation)
  }
}
