import Answers
import ArgumentParser
import Compilation
import Evidence
import VisionTransformer

/// How programs are compiled.
struct CompileOptions: ParsableArguments {
  @Flag(help: ArgumentHelp("Stop once the memory is known: seconds, not minutes."))
  var memory = false
  @Option(
    name: .shortAndLong, parsing: .unconditional,
    help: ArgumentHelp("Compiles side by side, of 2 processors and 3 GiB each.", valueName: "n"), transform: atLeastOne)
  var jobs: Int?
  @Option(
    "The longest a compile may take. (default: \(Int(CompileSettings.defaultTimeout.value)))", "seconds",
    visibility: .hidden, transform: positiveSeconds)
  var timeout: Seconds?
  @Option(
    "Most memory of the compiler's process. (default: \(CompileSettings.defaultResidentMemory))", "bytes",
    visibility: .hidden, transform: size)
  var compilerMemory: Bytes?
  @Option(help: ArgumentHelp("Version of libtpu, its file, or libtpu: Python's own.", valueName: "version|path"))
  var plugin: String?
  @Option(
    "How hard the compiler tries to make it fit, which changes verdicts. (default: "
      + "\(CompilerOptions.jaxMemoryFittingLevel), as JAX has it)", "level", visibility: .hidden, transform: wholeNumber
  )
  var fittingLevel: Int?
  @Option(
    name: .customLong("compiler-option"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "An option of the compiler's own, such as \(CompileQuestion.reservedMemory)=1000000000; may be repeated.",
      valueName: "name=value", visibility: .hidden))
  var compilerOptions: [String] = []
  @Flag(help: "Compile also what the store knows already.")
  var again = false
  @Flag(help: ArgumentHelp("Compile again what failed before.", visibility: .hidden))
  var retryFailed = false

  /// More than any machine can run.
  private static let mostJobs = 64

  func validate() throws {
    if let jobs, jobs > Self.mostJobs { throw ValidationError("--jobs must be at most \(Self.mostJobs)") }
    if let fittingLevel, !(0...100).contains(fittingLevel) {
      throw ValidationError("--fitting-level must be between 0 and 100")
    }
    for option in compilerOptions where !option.dropFirst().contains("=") {
      throw ValidationError("--compiler-option \(option): give it as name=value")
    }
  }

  /// How far compiles go.
  var mode: CompileMode { memory ? .memory : .full }
  /// Which stored results count as answers.
  var known: KnownAnswers { KnownAnswers(evidence: !again, failures: !retryFailed) }

  /// How far compiles go, and the compiler's options.
  var settings: CompileSettings {
    var options = CompilerOptions(memoryFittingLevel: fittingLevel ?? CompilerOptions.jaxMemoryFittingLevel)
    for option in compilerOptions {
      let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      options.overrides[String(parts[0])] = NamedValue(parsing: String(parts.last ?? ""))
    }
    return CompileSettings(
      mode: mode, options: options, timeout: timeout ?? CompileSettings.defaultTimeout,
      residentMemory: compilerMemory ?? CompileSettings.defaultResidentMemory)
  }
}
