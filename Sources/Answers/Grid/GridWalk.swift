import EvidenceStore
import Foundation
import Reporting
import Selection
import VisionTransformer
import WorkerProcess

/// A walk over a grid: announced beforehand, with progress, and stoppable between configurations.
package struct GridWalk {
  package let searched: SearchedGrid
  package let filter: EstimateFilter
  /// Compilers' answers, which take precedence over estimates.
  package let known: KnownCompiles?
  /// The part of the grid to walk; nil for all of it.
  package let shard: Shard?
  /// The stop signal.
  let stop: WorkerStopSignal
  /// Receives the number of configurations walked.
  let progress: (Int) -> Void

  /// A walk.
  package init(
    searched: SearchedGrid, filter: EstimateFilter, known: KnownCompiles? = nil, shard: Shard? = nil,
    stop: WorkerStopSignal,
    progress: @escaping (Int) -> Void = { _ in }
  ) {
    self.searched = searched
    self.filter = filter
    self.known = known
    self.shard = shard
    self.stop = stop
    self.progress = progress
  }

  /// Calls `body` with each finding until it returns false.
  ///
  /// - Throws: `Stopped` after a stop signal, and errors from `body`.
  package func run(_ body: (GridSearch.Finding) throws -> Bool) throws -> GridSummary {
    let total = searched.grid.count
    return try searched.search(filter, known: known, shard: shard).run(
      pause: { walked in
        if stop.isRequested() {
          throw Stopped(progress: "\(grouped(walked - 1)) of \(counted(total, "configuration"))")
        }
        progress(walked)
      }, body)
  }

  /// Limit on the findings that are held in memory for sorting.
  package static let largestSort = 1_000_000

  /// The first findings by a quantity, or all of them without a limit: the whole grid is walked before the first is
  /// known.
  ///
  /// - Throws: `AnswerError` after a stop signal, and if there are more than `largestSort` to sort.
  package func sorted(
    by quantity: EstimateQuantity, isDescending: Bool, limit: Int?
  ) throws -> (GridSummary, [GridSearch.Finding]) {
    let tooMany = AnswerError(
      .invalid,
      "more than \(counted(Self.largestSort, "result")) to sort: take the first with --limit, fewer with a filter, or store "
        + "them without --sort and let `runs show --sort` sort them")
    if limit == nil, filter.isEmpty, searched.grid.count > Self.largestSort { throw tooMany }
    var ranking = Ranking<GridSearch.Finding>(capacity: limit ?? Self.largestSort, isDescending: isDescending)
    do {
      let summary = try run { finding in
        ranking.insert(quantity.value(finding.configuration, finding.estimate), finding)
        if limit == nil, ranking.offered > Self.largestSort { throw tooMany }
        return true
      }
      return (summary, ranking.elements)
    } catch let stop as Stopped {
      throw stop.interrupted(kept: nil)
    }
  }

  /// The self-describing form of a finding.
  package func result(_ finding: GridSearch.Finding) -> StepResult {
    searched.estimators[finding.setting].result(finding.estimate, for: finding.configuration)
  }

  /// The number of configurations, as a sentence.
  package var announcement: String {
    let grid = searched.grid
    var text = (shard.map { "shard \($0) of " } ?? "") + "\(searched.title): \(counted(grid.count, "configuration"))"
    if grid.settings.count > 1 { text += " in " + counted(grid.settings.count, "setting") }
    var left: [String] = []
    if grid.tally.skipped > 0 { left.append("\(grouped(grid.tally.skipped)) whose heads do not divide the width") }
    if grid.tally.excluded > 0 { left.append("\(grouped(grid.tally.excluded)) that a constraint excludes") }
    if !left.isEmpty { text += "; left out: " + left.joined(separator: ", ") }
    return text
  }
}

/// Bytes of a stored result in its file, including indexes; measured over figure8.
private let bytesOfStoredResult = 180.0

extension EvidenceStore {
  /// Checks that the disk has room for that many results before spending hours on filling it.
  ///
  /// - Throws: `AnswerError` with what to do instead.
  package func checkRoom(forResults count: Int) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    guard let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder),
      let free = (attributes[.systemFreeSize] as? NSNumber)?.doubleValue
    else { return }
    let needed = Double(count) * bytesOfStoredResult
    guard needed > free else { return }
    throw AnswerError(
      .failure,
      "\(counted(count, "result")) take some \(Bytes(Int(needed))), and \(path) has \(Bytes(Int(free))) left: "
        + "take fewer with a filter or --limit, store them elsewhere with --store, or leave it with --no-store")
  }
}
