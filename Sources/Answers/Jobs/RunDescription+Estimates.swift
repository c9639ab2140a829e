import Estimation
import Evidence

extension RunDescription {
  /// A run of estimates.
  ///
  /// - Parameters:
  ///   - command: the command line, or what else began the run.
  ///   - grid: name of the grid, where there is one.
  package static func estimates(_ command: String, grid: String? = nil) -> RunDescription {
    RunDescription(command: command, grid: grid, modelVersion: Estimator.version)
  }
}
