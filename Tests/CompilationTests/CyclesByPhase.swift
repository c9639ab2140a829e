import Evidence

extension ScheduleReading {
  /// Cycles by phase.
  var cyclesByPhase: [SchedulePhase: Int] {
    Dictionary(parts.map { ($0.place.phase, $0.cycles) }, uniquingKeysWith: +)
  }
}
