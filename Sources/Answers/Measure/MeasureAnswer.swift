import Evidence
import Measurement
import Reporting
import VisionTransformer

extension MeasureReport.Input {
  /// What may be said of evidence, with the report of its trial and the estimate for this machine.
  package init(_ result: StepResult, _ report: TrialReport?, estimate: StepResult?) {
    self.init(result: result, trial: report.map(MeasureReport.Trial.init), estimate: estimate)
  }
}

extension MeasureReport.Trial {
  /// What a report tells.
  init(_ report: TrialReport) {
    func times(_ name: String, _ summary: TimeSummary) -> MeasureReport.Times {
      MeasureReport.Times(name, median: summary.median, minimum: summary.minimum, spread: summary.spread)
    }
    let usual = report.usualMegahertz
    self.init(
      times: [
        times("forward", report.summary(\.forward)), times("backward", report.summary(\.backward)),
        times("update", report.summary(\.update)), times("step", report.step),
      ],
      steps: report.steps.map {
        MeasureReport.Step(
          $0.seconds, isDisturbed: $0.isDisturbed(threads: report.threads, usualMegahertz: usual))
      },
      warmUp: report.warmUp.count, planned: report.planned, highWater: report.highWater, resident: report.resident,
      isDisturbed: report.isDisturbed, yardstick: report.yardstick.map(MeasureReport.Yardstick.init),
      tries: (report.repetitions ?? []).map { repetition in
        MeasureReport.Try(
          step: repetition.step, yardstick: repetition.yardstick.map(MeasureReport.Yardstick.init),
          isKept: repetition.isKept, failure: repetition.failure)
      })
  }
}

extension MeasureReport.Yardstick {
  /// What a report tells.
  init(_ reading: YardstickReading) {
    self.init(
      name: reading.name, before: reading.before, after: reading.after, best: reading.best, ratio: reading.ratio,
      isDisturbed: reading.isDisturbed)
  }
}
