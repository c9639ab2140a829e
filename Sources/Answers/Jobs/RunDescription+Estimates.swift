import Estimation
import Evidence

extension RunDescription {
  /// The description of a run of estimates.
  ///
  /// - Parameters:
  ///   - command: the command line, or another description of what started the run.
  ///   - grid: name of the grid, if there is one.
  package static func estimates(_ command: String, grid: String? = nil) -> RunDescription {
    RunDescription(command: command, grid: grid, modelVersion: Estimator.version)
  }
}
