import Answers
import EvidenceStore
import Foundation
import Reporting
import Selection
import VisionTransformer

/// A walk over a grid as people see it: said beforehand, shown while it goes on, stopped by a signal.
struct GridWalk {
  let searched: SearchedGrid
  let filter: EstimateFilter
  /// Whether progress may be shown; not where rows stream to the same terminal.
  var showsProgress = true

  /// Calls `body` with each finding until it returns false.
  ///
  /// - Throws: `Stopped` after a signal, and what `body` throws.
  func run(_ body: (GridSearch.Finding) throws -> Bool) throws -> GridSummary {
    let total = searched.grid.count
    var progress = Console.progress("configurations", total: total, isShown: showsProgress)
    defer { progress.finish() }
    return try searched.search(filter).run(
      pause: { walked in
        if Interruption.isRequested {
          throw Stopped(progress: "\(grouped(walked - 1)) of \(counted(total, "configuration"))")
        }
        progress.update(walked)
      }, body)
  }

  /// The self-describing form of a finding.
  func result(_ finding: GridSearch.Finding) -> StepResult {
    searched.estimators[finding.setting].result(finding.estimate, for: finding.configuration)
  }

  /// Says on standard error how many configurations there are.
  func announce() {
    let grid = searched.grid
    var text = "\(searched.title): \(counted(grid.count, "configuration"))"
    if grid.settings.count > 1 { text += " in " + counted(grid.settings.count, "setting") }
    var left: [String] = []
    if grid.tally.skipped > 0 { left.append("\(grouped(grid.tally.skipped)) whose heads do not divide the width") }
    if grid.tally.excluded > 0 { left.append("\(grouped(grid.tally.excluded)) that a constraint excludes") }
    if !left.isEmpty { text += "; left out: " + left.joined(separator: ", ") }
    remark(text)
  }
}

/// Bytes of a stored result in its file, indexes included; measured over figure8.
private let bytesOfStoredResult = 180.0

extension EvidenceStore {
  /// Checks that the disk has room for so many results, before hours are spent on filling it.
  ///
  /// - Throws: `CommandError` that says what to do instead.
  func checkRoom(forResults count: Int) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    guard let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder),
      let free = (attributes[.systemFreeSize] as? NSNumber)?.doubleValue
    else { return }
    let needed = Double(count) * bytesOfStoredResult
    guard needed > free else { return }
    throw CommandError(
      status: .failure,
      message: "\(counted(count, "result")) take some \(Bytes(Int(needed))), and \(path) has \(Bytes(Int(free))) left: "
        + "take fewer with a filter or --limit, store them elsewhere with --store, or leave it with --no-store")
  }
}
