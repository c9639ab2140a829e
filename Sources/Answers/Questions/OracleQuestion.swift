import Reporting
import VisionTransformer

/// One way to check a configuration with the project's own oracle (`Validation/oracle.py`).
package struct OracleQuestion: Sendable {
  /// What it answers, and how long it takes.
  package var answers: String
  /// The command, to be run in the source folder.
  package var command: String

  /// The quick question for the live peak only, and the slow one for everything.
  package static func all(_ configuration: Configuration) -> [OracleQuestion] {
    var writer = JSONWriter()
    writer.configuration(configuration)
    // A quote within single quotes: close them, add a quoted quote, open them again.
    let json =
      "'" + writer.text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    let program = "Validation/venv/bin/python Validation/oracle.py"
    return [
      OracleQuestion(
        answers: "the live peak, from the compiler's log: 10 to 60 seconds", command: "\(program) --memory \(json)"),
      OracleQuestion(
        answers: "total, verdict and cycles, from a full compile: 1 to 12 minutes", command: "\(program) \(json)"),
    ]
  }

  /// Cores that the oracle compiles for, by device: `TOPOLOGIES` of `Validation/contract.py`.
  package static let cores: [String: [Int]] = [
    "tpu-v2": [8], "tpu-v3": [8, 16, 32, 128], "tpu-v4": [4, 8], "tpu-v4-core": [8, 16], "tpu-v5e": [4, 8],
    "tpu-v5p": [4, 8],
    "tpu-v6e": [4, 8],
  ]

  /// Why the oracle cannot answer for a configuration; nil if it can.
  package static func refusal(_ configuration: Configuration, usable: Bytes) -> ConfigurationError? {
    let device = configuration.device
    guard let cores = cores[device] else {
      return ConfigurationError(
        key: "device", value: "\"\(device)\"",
        rule: "has no compiler to ask; `shapefinder measure` runs real steps on this machine")
    }
    guard cores.contains(configuration.dataParallel) else {
      return ConfigurationError(
        key: "dataParallel", value: "\(configuration.dataParallel)",
        rule: "the oracle compiles for \(cores.map(String.init).joined(separator: ", ")) cores of \(device)")
    }
    guard let limit = configuration.memoryLimit, configuration.rematerialization != .none else { return nil }
    guard device == Configuration.Defaults.device, limit <= usable else {
      return ConfigurationError(
        key: "memoryLimit", value: "\(limit)",
        rule: "the compiler's limit can only be lowered, on \(Configuration.Defaults.device): \(usable) there")
    }
    return nil
  }

  /// A shell script, with comments that explain each command.
  package static func script(_ questions: [OracleQuestion]) -> String {
    var text = "# In the source folder of Shapefinder, after `make oracle`.\n"
    for question in questions { text += "# \(question.answers)\n\(question.command)\n" }
    return text
  }

  /// The columns for machines.
  package static var listing: Listing<OracleQuestion> {
    Listing([.text("answers", "answers") { $0.answers }, .text("command", "command") { $0.command }])
  }
}
