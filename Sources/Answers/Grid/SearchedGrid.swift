import Catalog
import Estimation
import Reporting
import Selection
import VisionTransformer

/// A grid that is about to be searched, with everything that the answer says of it.
package struct SearchedGrid {
  /// Name in the catalog; nil for axes of one's own.
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
      estimators.append(Estimator(device: try catalog.device(named: setting.template.device)))
    }
  }

  /// What limits above the devices' own say, each once.
  package var limitNotes: [String] {
    var notes: [String] = []
    for (setting, estimator) in zip(grid.settings, estimators) {
      guard let note = estimator.device.limitNote(setting.template.memoryLimit), !notes.contains(note) else { continue }
      notes.append(note)
    }
    return notes
  }

  /// The search; what compilers settled comes before what is estimated.
  package func search(_ filter: EstimateFilter = EstimateFilter(), known: KnownCompiles? = nil) -> GridSearch {
    var dearer: (@Sendable (Configuration) -> DearerResult?)?
    if let known, !known.isEmpty { dearer = { known.answer(to: $0) } }
    return GridSearch(grid, estimators: estimators, filter: filter, dearer: dearer)
  }
}

extension SearchedGrid {
  /// `figure8`, or the axes that were given.
  package var title: String {
    name ?? grid.axes.title
  }

  /// Checks that a map has room for the settings.
  ///
  /// - Throws: `AnswerError`.
  package func checkSettings() throws {
    guard grid.settings.count <= FitMap.settingsLimit else {
      throw AnswerError(.invalid, "a map shows \(FitMap.settingsLimit) settings, this grid has \(grid.settings.count)")
    }
  }
}

extension Grid.Axes {
  /// The axes, where they have no name.
  package var title: String { "depth \(depth), width \(width), MLP-width \(mlpWidth), heads \(heads)" }
}
