import Evidence
import Foundation
import VisionTransformer

/// Runs trials between two readings of a yardstick, repeating those that were disturbed.
public struct TrialRepeater {
  /// Limit on the repetitions of a disturbed trial.
  public var most: Int
  /// The least time of a pass of the yardstick seen on this machine, in seconds; nil before the first.
  public private(set) var best: Seconds?
  private let name: String
  private let read: () -> Seconds?
  private let rest: (Double) -> Bool

  /// How long a repetition waits for the yardstick to recover: the number of rests and the seconds of each, ten seconds
  /// in all. Disturbances on a shared host last that long and longer; each repetition waits again.
  static let patience = (rests: 40, seconds: 0.25)

  /// A repeater.
  ///
  /// - Parameters:
  ///   - most: repetitions of a disturbed trial; 0 runs each once.
  ///   - name: the yardstick's name (`Yardstick.name`).
  ///   - best: its least time so far, for example from a store.
  ///   - read: times a pass of it; nil if that is impossible.
  ///   - rest: waits for a number of seconds; false if the caller no longer waits.
  public init(
    most: Int, name: String, best: Seconds?, read: @escaping () -> Seconds?,
    rest: @escaping (Double) -> Bool = {
      Thread.sleep(forTimeInterval: $0); return true
    }
  ) {
    self.most = most
    self.name = name
    self.best = best
    self.read = read
    self.rest = rest
  }

  /// Runs `trial`, and repeats it up to `most` times while a completed one was disturbed.
  ///
  /// - Returns: the outcome of the trial that is kept (`TrialSelection`), its report with yardstick and repetitions;
  ///   nil if `trial` or the wait for a repetition was stopped, in which case nothing is known.
  /// - Throws: errors from `trial`.
  public mutating func run<Failure: Error>(
    _ trial: () throws(Failure) -> TrialOutcome?
  ) throws(Failure) -> TrialOutcome? {
    var reports: [TrialReport] = []
    var failure: String?
    repeat {
      if !reports.isEmpty, !waitForCalm() { return nil }
      let before = take()
      guard let outcome = try trial() else { return nil }
      let after = take()
      guard case .completed(var report) = outcome else {
        if reports.isEmpty { return outcome }
        // Earlier trials stand, and the failure is reported with them.
        failure = outcome.reasonWithoutSteps
        break
      }
      if let before, let after, let best {
        report.yardstick = YardstickReading(name: name, before: before, after: after, best: best)
      }
      reports.append(report)
    } while reports[reports.count - 1].isDisturbed && reports.count <= most
    return kept(reports, failure: failure).map(TrialOutcome.completed)
  }

  private func kept(_ reports: [TrialReport], failure: String?) -> TrialReport? {
    // All are compared with the best time known now.
    let reports = reports.map { report in
      var report = report
      if let best { report.yardstick?.best = best }
      return report
    }
    let candidates = reports.map { TrialSelection.Candidate(yardstick: $0.yardstick, isDisturbed: $0.isDisturbed) }
    guard let index = TrialSelection.kept(candidates) else { return nil }
    var kept = reports[index]
    guard reports.count > 1 || failure != nil else { return kept }
    var repetitions = reports.map { report in
      TrialRepetition(
        yardstick: report.yardstick, step: report.step.median, steps: report.steps.count,
        disturbed: report.disturbed.count)
    }
    repetitions[index].isKept = true
    if let failure {
      repetitions.append(TrialRepetition(yardstick: nil, step: nil, steps: 0, disturbed: 0, failure: failure))
    }
    kept.repetitions = repetitions
    return kept
  }

  /// Waits, within `patience`, until a pass takes little longer than the best; false if the caller no longer waits.
  private mutating func waitForCalm() -> Bool {
    for _ in 0..<Self.patience.rests {
      guard let now = take(), let best, now.value > (1 + YardstickReading.tolerance) * best.value else { return true }
      if !rest(Self.patience.seconds) { return false }
    }
    return true
  }

  private mutating func take() -> Seconds? {
    let seconds = read()
    if let seconds { best = min(seconds, best ?? seconds) }
    return seconds
  }
}

extension TrialOutcome {
  /// Why there are no steps; nil if there are some.
  fileprivate var reasonWithoutSteps: String? {
    switch self {
    case .completed: nil
    case .doesNotFit(let needed, let limit): "\(needed) do not fit \(limit)"
    case .failed(let failure): failure.description
    }
  }
}
