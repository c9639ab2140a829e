import Evidence
import VisionTransformer

/// A finished run.
package struct StoredRun: Sendable {
  /// Its number.
  package var id: Int
  /// Counts of what it stored.
  package var counts: RunCounts
  /// The store.
  package var path: String
  /// Number of compiles of users' own programs: they are not evidence about a configuration.
  package var ownPrograms = 0

  /// A run.
  package init(id: Int, counts: RunCounts, path: String, ownPrograms: Int = 0) {
    self.id = id
    self.counts = counts
    self.path = path
    self.ownPrograms = ownPrograms
  }

  /// `stored in shapes.sqlite as run 3: 356,400 new`.
  package var summary: String {
    var parts = ownPrograms == 0 || counts.new > 0 ? ["\(grouped(counts.new)) new"] : []
    if ownPrograms > 0 { parts.append("\(counted(ownPrograms, "program")) of your own") }
    if counts.revised > 0 { parts.append("\(grouped(counts.revised)) of them with other values than before") }
    if counts.confirmed > 0 { parts.append("\(grouped(counts.confirmed)) known already") }
    return "stored in \(path) as run \(id): " + parts.joined(separator: ", ")
  }
}
