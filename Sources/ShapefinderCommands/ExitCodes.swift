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

/// An error of a command itself: what to say, and how to end.
struct CommandError: Error {
  var status: ExitStatus
  /// What was given, what was expected, what to do; nil where everything has been said.
  var message: String?

  /// The options or arguments do not make sense.
  static func usage(_ message: String) -> CommandError { CommandError(status: .usage, message: message) }
  /// A file or a line that was read does not make sense, or is not there.
  static func badData(_ message: String) -> CommandError { CommandError(status: .badData, message: message) }
  /// The answer has been written, and it is that nothing fits.
  static let nothingFits = CommandError(status: .nothingFits, message: nil)
  /// Stopped by a signal; `kept` says what was finished before.
  static func interrupted(kept: String) -> CommandError {
    CommandError(status: .interrupted, message: "interrupted: " + kept)
  }

  /// A configuration that options describe: the error names the options instead of the keys of the contract.
  static func usage(_ error: ConfigurationError) -> CommandError {
    guard !error.key.isEmpty else { return usage("\(error)") }
    return usage(notValid(optionName(ofKey: error.key), error.value, error.rule))
  }

  private static func optionName(ofKey key: String) -> String {
    // The name of a shape or a grid is an argument.
    if key == "shape" || key == "grid" { return key }
    return "--" + (key.hasPrefix("shape.") ? String(key.dropFirst("shape.".count)) : key).optionName
  }
}

/// How the process ends after an error: the one place where errors become exit codes and messages.
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

  /// What the argument parser threw: help, version, completions, a wrong command line, or a system error.
  private init(parsing error: any Error) {
    let code = ShapefinderCommand.exitCode(for: error)
    let message = ShapefinderCommand.fullMessage(for: error, columns: Console.output.columns)
    status = code == .validationFailure ? ExitStatus.usage.rawValue : code.rawValue
    isForStandardOutput = code == .success
    // What `--help` leaves out is said where it is left out.
    if isForStandardOutput, message.contains("USAGE:"), !CommandLine.arguments.contains("--help-hidden") {
      text = Self.folded(message) + "\n  --help-hidden           Show every option.\n"
      return
    }
    // The program's errors begin alike, wherever they come from.
    let own = Self.remarked(message).split(separator: "\n", omittingEmptySubsequences: false)
      .map { visible(String($0)) }.joined(separator: "\n")
    text = own.hasPrefix("Error: ") ? "error: " + own.dropFirst("Error: ".count) : own
    if !text.isEmpty, text.last != "\n" { text += "\n" }
  }

  /// The help with its line of usage in lines of the terminal's width, which the argument parser leaves as long as it is.
  private static func folded(_ help: String) -> String {
    help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.hasPrefix("USAGE: ") else { return String(line) }
      // An option stays with its value.
      let words = String(line).replacing(" <", with: "\u{A0}<")
      return wrap(words, width: Console.output.columns - 2).joined(separator: "\n  ").replacing(
        "\u{A0}", with: " ")
    }.joined(separator: "\n")
  }

  // The argument parser's word on an unknown option, with what is known of the option.
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

  /// Writes the message and returns the exit code. A reader that has gone changes nothing.
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
