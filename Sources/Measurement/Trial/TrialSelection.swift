import Evidence

/// Which of several trials of one configuration counts.
///
/// It sees what the yardstick said and whether anything disturbed a trial, and nothing else: neither how long a step took nor
/// how long it was estimated to take. Whoever picks the shortest, or the one that pleases, measures his own wish.
enum TrialSelection {
  /// What may be known of a trial to choose it.
  struct Candidate: Sendable, Hashable {
    /// What the yardstick said; nil where it could not be read.
    var yardstick: YardstickReading?
    /// Whether yardstick, scheduler or clock say that something disturbed it (`TrialReport.isDisturbed`).
    var isDisturbed: Bool
  }

  /// The first that nothing disturbed, else the one whose yardstick took the least at its worse end, the earlier of equal ones;
  /// those without a reading come last. Nil where there is none.
  static func kept(_ candidates: [Candidate]) -> Int? {
    if let calm = candidates.firstIndex(where: { !$0.isDisturbed }) { return calm }
    func worst(_ index: Int) -> Double { candidates[index].yardstick?.worst.value ?? .infinity }
    return candidates.indices.min { (worst($0), $0) < (worst($1), $1) }
  }
}
