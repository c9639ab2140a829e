import Catalog
import Estimation
import Reporting
import Selection
import VisionTransformer

/// A grid to be searched, with everything that the answer says about it.
package struct SearchedGrid {
  /// Name in the catalog; nil for a user's own axes.
  package var name: String?
  /// The grid.
  package var grid: Grid
  /// The estimator of each setting.
  package var estimators: [Estimator]

  /// - Throws: `ConfigurationError` for an unknown device.
  package init(name: String?, grid: Grid, catalog: Catalog) throws(ConfigurationError) {
    self.name = name
    self.grid = grid
    estimators = []
    for setting in grid.settings {
      estimators.append(Estimator(device: try catalog.device(of: setting.template)))
    }
  }

  /// Notes on memory limits above the devices' own, each once.
  package var limitNotes: [String] {
    var notes: [String] = []
    for (setting, estimator) in zip(grid.settings, estimators) {
      guard let note = estimator.device.limitNote(setting.template.memoryLimit), !notes.contains(note) else { continue }
      notes.append(note)
    }
    return notes
  }

  /// The search, of a shard or of all; compilers' answers take precedence over estimates.
  package func search(
    _ filter: EstimateFilter = EstimateFilter(), known: KnownCompiles? = nil, shard: Shard? = nil
  ) -> GridSearch {
    var dearer: (@Sendable (Configuration) -> DearerResult?)?
    if let known, !known.isEmpty { dearer = { known.answer(to: $0) } }
    return GridSearch(grid, estimators: estimators, filter: filter, dearer: dearer, isDealt: shard?.dealer())
  }
}

extension SearchedGrid {
  /// `figure8`, or the given axes.
  package var title: String {
    name ?? grid.axes.title
  }

  /// Checks that the grid is small enough for one answer.
  ///
  /// - Parameter command: the command that has no such limit.
  /// - Throws: `AnswerError`.
  package func checkRoom(_ most: Int, command: String) throws(AnswerError) {
    guard grid.count <= most else {
      throw AnswerError(
        .invalid,
        "\(counted(grid.count, "configuration")) are too many for one answer, which has room for \(grouped(most)): narrow an axis, "
          + "or run `shapefinder \(command)`")
    }
  }

  /// Checks that a map can show the settings.
  ///
  /// - Throws: `AnswerError`.
  package func checkSettings() throws {
    guard grid.settings.count <= FitMap.settingsLimit else {
      let devices = Set(grid.settings.map(\.template.device)).count
      throw AnswerError(
        .invalid,
        "a map shows \(FitMap.settingsLimit) settings, this grid has \(grid.settings.count)"
          + (devices > 1
            ? " on \(devices) devices: name fewer, from the smallest to the largest, and one --head and --optimizer; a cell then "
              + "shows the first that it fits" : ""))
    }
  }
}

extension Grid.Axes {
  /// The axes, for a grid without a name.
  package var title: String { "depth \(depth), width \(width), MLP-width \(mlpWidth), heads \(heads)" }
}
