import Catalog
import Compilation
import Evidence
import EvidenceStore
import Measurement
import Reporting
import VisionTransformer

/// How to settle an uncertain verdict: with the device's own compiler, or with real steps on a host.
package struct Settling {
  /// The catalog for shapes and devices.
  package var catalog: Catalog
  /// Options that make the command use the same catalog and store, such as `--store shapes.sqlite`.
  package var places: [String]
  /// Durations of earlier compiles on this machine.
  package var times: [EvidenceStore.CompileTime]

  /// A way to settle verdicts.
  package init(catalog: Catalog, places: [String], times: [EvidenceStore.CompileTime]) {
    self.catalog = catalog
    self.places = places
    self.times = times
  }

  /// The command for a configuration; nil if neither a compiler nor this program can answer.
  ///
  /// - Parameters:
  ///   - compiled: a compiler's earlier answer that did not settle it.
  ///   - stepSeconds: the estimated time of a step.
  package func command(
    for configuration: Configuration, compiled: StepResult?, stepSeconds: Seconds?
  ) -> CheckReport.Settling? {
    guard let device = try? catalog.device(named: configuration.device) else { return nil }
    return switch device.kind {
    case .tpu: compile(configuration, compiled: compiled)
    case .host: measurement(configuration, stepSeconds: stepSeconds)
    }
  }

  private func compile(_ configuration: Configuration, compiled: StepResult?) -> CheckReport.Settling? {
    guard (try? CompileQuestion(configuration, catalog)) != nil else { return nil }
    // If a compile that stopped early left it open, only a full one can tell; and a full one leaves nothing open.
    if let compiled, !compiled.provenance.isOfMemoryOnly { return nil }
    let mode = compiled == nil ? CompileMode.memory : .full
    let words = ["compile"] + configuration.commandWords(catalog, usual: Configuration(shape: configuration.shape))
    let (rate, isKnown) = rate(mode)
    return CheckReport.Settling(
      command: line(words + (mode == .memory ? ["--memory"] : []) + places),
      seconds: Seconds(CompileClock.weight(configuration, mode: mode) * rate), isTypical: !isKnown,
      preparation: (try? PluginDirectory.standard.find(.tpu, version: configuration.compiler)) == nil
        ? "shapefinder plugin install tpu" + (configuration.compiler.map { " --version " + $0 } ?? "") : nil)
  }

  private func measurement(_ configuration: Configuration, stepSeconds: Seconds?) -> CheckReport.Settling? {
    let run = configuration.asMeasured
    var usual = Configuration(shape: run.shape)
    usual.setting.applyMeasuredDefaults()
    guard (try? catalog.checkMeasurable(device: run.device)) != nil, (try? run.setting.checkMeasurable()) != nil else {
      return nil
    }
    return CheckReport.Settling(
      command: line(["measure"] + run.commandWords(catalog, usual: usual) + places),
      // Starting, warming up and timing: about thirty steps, and at least two seconds.
      seconds: stepSeconds.map { Seconds(2 + 30 * $0.value) }, isTypical: true)
  }

  /// Seconds for each unit of a compile's work, and whether they come from this machine's own compiles.
  private func rate(_ mode: CompileMode) -> (rate: Double, isKnown: Bool) {
    var clock = CompileClock()
    for time in times where time.mode == mode {
      clock.finish(weight: time.weight, mode: mode, seconds: time.seconds.value)
    }
    guard times.contains(where: { $0.mode == mode }) else { return (1, false) }
    return (clock.rate(mode), true)
  }

  private func line(_ words: [String]) -> String { (["shapefinder"] + words).map(shellWord).joined(separator: " ") }
}

extension Configuration {
  /// What a host runs, whatever is asked of it.
  var asMeasured: Configuration {
    var run = self, usual = setting
    usual.applyMeasuredDefaults()
    run.precision = usual.precision
    run.layers = .unrolled
    run.dataParallel = usual.dataParallel
    return run
  }
}

extension EvidenceStore.CompileTime {
  /// Its work, in units of `CompileClock`.
  fileprivate var weight: Double { CompileClock.weight(blocks: blocks, width: width, mode: mode) }
}
