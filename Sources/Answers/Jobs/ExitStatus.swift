import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// The exit codes of the program (Contract, "Exit codes"): what its front end ends with, and what the scripts of schedulers
/// go by.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  case success = 0
  case failure = 1
  case nothingFits = 3
  case usage = 64
  case badData = 65
  case missingComponent = 69
  case tryAgain = 75
  case interrupted = 130

  /// What it means, in a few words.
  package var meaning: String {
    switch self {
    case .success: "ok"
    case .failure: "failure"
    case .nothingFits: "nothing fits"
    case .usage: "wrong usage"
    case .badData: "bad input data"
    case .missingComponent: "a needed component is missing"
    case .tryAgain: "try again"
    case .interrupted: "interrupted"
    }
  }

  /// All of them, in one line for a help text.
  package static var summary: String { allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: ", ") }

  /// The code for a kind of error.
  package init(_ kind: AnswerError.Kind) {
    self =
      switch kind {
      case .invalid: .usage
      case .badData: .badData
      case .missingComponent: .missingComponent
      case .nothingFits: .nothingFits
      case .interrupted: .interrupted
      case .tryAgain: .tryAgain
      case .failure: .failure
      }
  }

  /// The code for output that could not be written.
  package init(_ error: OutputError) {
    self =
      switch error {
      case .closed: .success
      case .failed(let code, _): ExitStatus(AnswerError.Kind(errno: code))
      case .noErrorColumn: .failure
      }
  }
}

extension AnswerError.Kind {
  /// The kind of a file that could not be read or written: a disk that is full or gone may come back.
  package init(errno code: Int32) {
    self = [ENOSPC, EDQUOT, EIO, ESTALE, ENODEV, ENXIO].contains(code) ? .tryAgain : .failure
  }
}
