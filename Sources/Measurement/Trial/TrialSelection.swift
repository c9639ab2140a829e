import Evidence

/// Selects which of several trials of one configuration is kept.
///
/// It sees only the yardstick's readings and whether anything disturbed a trial, not the measured or estimated time of
/// a step. Picking the shortest trial would bias the result.
enum TrialSelection {
  /// The facts about a trial that may affect its selection.
  struct Candidate: Sendable, Hashable {
    /// The yardstick's readings; nil if it could not be read.
    var yardstick: YardstickReading?
    /// Whether yardstick, scheduler or clock show a disturbance (`TrialReport.isDisturbed`).
    var isDisturbed: Bool
  }

  /// The first undisturbed trial, otherwise the one with the least worse yardstick time, the earlier of equal ones;
  /// those without a reading come last. Nil if there is none.
  static func kept(_ candidates: [Candidate]) -> Int? {
    if let calm = candidates.firstIndex(where: { !$0.isDisturbed }) { return calm }
    func worst(_ index: Int) -> Double { candidates[index].yardstick?.worst.value ?? .infinity }
    return candidates.indices.min { (worst($0), $0) < (worst($1), $1) }
  }
}
