/// What the final, scheduled program says.
public struct ScheduleReading: Sendable, Hashable, Codable {
  /// Instructions of the program.
  public var instructionCount: Int
}
