import Evidence
import Foundation

/// The folder with the evidence files of a sweep's tasks.
package enum ShardFolder {
  /// The folder where none is named.
  package static let usual = "shards"
  /// The ending of an evidence file.
  static let ending = ".ndjson"

  /// The evidence file of a task.
  ///
  /// - Parameters:
  ///   - grid: name of the grid; nil for a user's own axes.
  ///   - shard: the part of the grid; nil for all of it.
  ///   - output: the file, or the folder that it is to be in; nil for the usual folder.
  package static func path(_ kind: SweepKind, grid: String?, _ shard: Shard?, output: String?) -> String {
    var isFolder: ObjCBool = false
    if let output {
      let isThere = FileManager.default.fileExists(atPath: output, isDirectory: &isFolder)
      // A folder that is not there yet is told by its slash.
      guard output.hasSuffix("/") || (isThere && isFolder.boolValue) else { return output }
    }
    let folder = output.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } ?? usual
    let words = [kind.rawValue, grid ?? "grid"] + (shard.map { [$0.name] } ?? [])
    // A user's own grid may be called anything.
    return folder + "/" + words.joined(separator: "-").map { $0 == "/" ? "_" : String($0) }.joined() + ending
  }

  /// The evidence files of a folder and the journals of tasks that are running or were killed, in the order of their names.
  static func files(_ folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(ending) || $0.hasSuffix(TaskFile.journalEnding) }.sorted()
      .map { folder + "/" + $0 }
  }
}
