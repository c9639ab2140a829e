import Compilation
import EvidenceStore
import Measurement

/// Conversions from the libraries' errors.
extension AnswerError {
  /// A store that cannot be used.
  package init(_ error: StoreError) {
    switch error {
    case .notADatabase, .foreign, .newer, .empty, .damaged, .invalidConfiguration, .invalidValue, .unreadableRow:
      self.init(.badData, "\(error)")
    case .invalidPath, .directory, .noSuchRun: self.init(.invalid, "\(error)")
    case .full, .noRoom, .busy, .diskFailed: self.init(.tryAgain, "\(error)")
    case .missing, .cannotOpen, .notWritable, .sharedFileSystem, .failure: self.init(.failure, "\(error)")
    }
  }

  /// A step that could not be run.
  package init(_ error: MeasurementError) {
    switch error {
    case .missingLibrary: self.init(.missingComponent, "\(error)")
    case .unsupported: self.init(.invalid, "\(error)")
    case .doesNotFit, .outOfMemory, .noThreads: self.init(.failure, "\(error)")
    }
  }

  /// A plugin that could not be installed.
  package init(_ error: PluginInstallError) {
    switch error {
    case .unknownVersion: self.init(.invalid, "\(error)")
    case .missingPip: self.init(.missingComponent, "\(error)")
    case .download, .hash, .unpacking, .folder: self.init(.failure, "\(error)")
    }
  }

  /// A plugin that is not installed.
  package init(_ error: PluginMissing) { self.init(.missingComponent, "\(error)") }
}
