import Answers
import ArgumentParser
import Catalog
import EvidenceStore
import Reporting
import VisionTransformer

/// The exit codes of the program (Contract, "Exit codes").
enum ExitStatus: Int32 {
  case success = 0
  case failure = 1
  case nothingFits = 3
  case usage = 64
  case badData = 65
  case missingComponent = 69
  case interrupted = 130
}

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
    case OutputError.closed:
      self.init(.success, nil)
    case let error as OutputError:
      self.init(.failure, "\(error)")
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
    self.status = status.rawValue
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
      text = Self.folded(message) + "\n  --help-hidden           Show every option.\n"
      return
    }
    // All of the program's errors begin in the same way.
    let own = Self.remarked(message).split(separator: "\n", omittingEmptySubsequences: false)
      .map { visible(String($0)) }.joined(separator: "\n")
    text = own.hasPrefix("Error: ") ? "error: " + own.dropFirst("Error: ".count) : own
    if !text.isEmpty, text.last != "\n" { text += "\n" }
  }

  /// The help with its usage line folded to the terminal's width, which the argument parser does not do.
  private static func folded(_ help: String) -> String {
    help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.hasPrefix("USAGE: ") else { return String(line) }
      // An option is kept together with its value.
      let words = String(line).replacing(" <", with: "\u{A0}<")
      return wrap(words, width: Console.output.columns - 2).joined(separator: "\n  ").replacing(
        "\u{A0}", with: " ")
    }.joined(separator: "\n")
  }

  // The argument parser's message on an unknown option, with what is known about the option.
  private static func remarked(_ message: String) -> String {
    let start = "Error: Unknown option '"
    guard message.hasPrefix(start), let end = message.dropFirst(start.count).firstIndex(of: "'") else {
      return message
    }
    let option = String(message[message.index(message.startIndex, offsetBy: start.count)..<end])
    let quoted = message.index(after: end)
    let line = message[quoted...].prefix { $0 != "\n" }
    let rest = message[line.endIndex...]
    // In place of the parser's guess, which may be far away.
    if let known = ForeignWords.remark(onOption: option) { return message[..<quoted] + ": " + known + rest }
    let guess = line.split(separator: "'").dropFirst().first.map(String.init)
    guard let guess, !ForeignWords.isNear(guess, to: option) else { return message }
    return String(message[..<quoted]) + rest
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
