import Evidence
import VisionTransformer

extension YardstickReading {
  /// `1.03`
  var text: String { fixed(ratio, digits: 2) }
}

extension TrialRepetition {
  /// `12.3 ms at 1.02 (kept)`
  fileprivate var text: String {
    guard let step else { return failure ?? "no answer" }
    return "\(step)" + (yardstick.map { " at \($0.text)" } ?? "") + (isKept ? " (kept)" : "")
  }
}

extension MeasureReport {
  /// The warning above doubtful times.
  static func disturbance(_ input: Input) -> String {
    "disturbed: " + (input.trial?.disturbance ?? "something else used processors, cache or memory")
      + "; on an idle machine a step takes less"
  }

  /// The yardstick's readings, and which of several trials is kept.
  static func disturbances(_ input: Input) -> [(label: String, text: String)] {
    guard let trial = input.trial else { return [] }
    var facts: [(label: String, text: String)] = []
    if let yardstick = trial.yardstick {
      facts.append(
        (
          "reference loop",
          "\(yardstick.text) of its best time" + (yardstick.isDisturbed ? ": disturbed" : "")
            + " (\(yardstick.name): \(yardstick.before) before, \(yardstick.after) after, \(yardstick.best) at best)"
        ))
    }
    if let tries = trial.repetitions {
      facts.append(("tries", "\(tries.count): " + tries.map(\.text).joined(separator: ", ")))
    }
    return facts
  }
}
