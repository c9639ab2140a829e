import Answers
import ArgumentParser
import Catalog
import EvidenceStore
import Reporting
import VisionTransformer

/// An error of a command itself: its message and its exit code.
struct CommandError: Error {
  var status: ExitStatus
  /// What was given, what was expected, and what to do; nil if nothing remains to be said.
  var message: String?

  /// The options or arguments are invalid.
  static func usage(_ message: String) -> CommandError { CommandError(status: .usage, message: message) }
  /// A file or a line is invalid or missing.
  static func badData(_ message: String) -> CommandError { CommandError(status: .badData, message: message) }
  /// The answer was written, and nothing fits.
  static let nothingFits = CommandError(status: .nothingFits, message: nil)
  /// Stopped by a signal; `kept` says what was finished before.
  static func interrupted(kept: String) -> CommandError {
    CommandError(status: .interrupted, message: "interrupted: " + kept)
  }

  /// An error about a configuration given by options: it names the options rather than the keys of the contract.
  static func usage(_ error: ConfigurationError) -> CommandError {
    guard !error.key.isEmpty else { return usage("\(error)") }
    return usage(notValid(optionName(ofKey: error.key), error.value, error.rule))
  }

  private static func optionName(ofKey key: String) -> String {
    // The name of a shape or a grid is an argument without an option.
    if key == "shape" || key == "grid" { return key }
    return "--" + (key.hasPrefix("shape.") ? String(key.dropFirst("shape.".count)) : key).optionName
  }
}

/// The end of the process after an error: the only place where errors become exit codes and messages.
struct Ending {
  var status: Int32
  var text: String
  var isForStandardOutput = false

  init(_ error: any Error) {
    switch error {
    case let error as CommandError:
      self.init(error.status, error.message)
    case let error as AnswerError:
      let error = CommandError(error)
      self.init(error.status, error.message)
    case let error as OutputError:
      let status = ExitStatus(error)
      self.init(status, status == .success ? nil : "\(error)")
    case let error as CatalogError:
      self.init(.badData, "\(error)")
    case let error as ConfigurationError:
      self.init(.badData, "\(error)")
    case let error as StoreError:
      let error = CommandError(AnswerError(error))
      self.init(error.status, error.message)
    default:
      self.init(parsing: error)
    }
  }

  private init(_ status: ExitStatus, _ message: String?) {
    self.status = (status == .interrupted ? AnswerContext.interruptedStatus : status).rawValue
    let prefix = status == .interrupted ? "" : "error: "
    text = message.map { prefix + visible($0) + "\n" } ?? ""
  }

  /// Handles what the argument parser threw: help, version, completions, an invalid command line, or a system error.
  private init(parsing error: any Error) {
    let code = ShapefinderCommand.exitCode(for: error)
    let message = ShapefinderCommand.fullMessage(for: error, columns: Console.output.columns)
    status = code == .validationFailure ? ExitStatus.usage.rawValue : code.rawValue
    isForStandardOutput = code == .success
    // The help mentions the options that it hides.
    if isForStandardOutput, message.contains("USAGE:"), !CommandLine.arguments.contains("--help-hidden") {
      text = foldedHelp(message, width: Console.output.columns - 2) + "\n  --help-hidden           Show every option.\n"
      return
    }
    // All of the program's errors begin in the same way.
    let own = ForeignWords.remarked(message).split(separator: "\n", omittingEmptySubsequences: false)
      .map { visible(String($0)) }.joined(separator: "\n")
    text = own.hasPrefix("Error: ") ? "error: " + own.dropFirst("Error: ".count) : own
    if !text.isEmpty, text.last != "\n" { text += "\n" }
  }

  /// Writes the message and returns the exit code, even if the reader has left.
  func report() -> Int32 {
    guard !isForStandardOutput else {
      try? FileDescriptorSink.standardOutput.show(text)
      return status
    }
    let lines = text.last == "\n" ? text.dropLast() : text[...]
    if !lines.isEmpty { try? FileDescriptorSink.standardError.show(Console.errors.lines(of: String(lines))) }
    return status
  }
}
