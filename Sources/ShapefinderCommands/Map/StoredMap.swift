import Answers
import Reporting

extension MapCommand {
  /// The map of what the store holds.
  func stored(_ context: AnswerContext) throws -> FitMap {
    let searched = try grid.isNamed ? grid.question.searched(context) : nil
    if searched == nil, grid.hasAxes {
      throw CommandError.usage("axes narrow a named grid: name it, such as `map figure8 --from-store --heads 16`")
    }
    try searched?.checkSettings()
    let store = try storage.open(.readOnly)
    var progress = Console.progress("results", total: nil)
    defer { progress.finish() }
    return try StoredMap.read(
      store, run: runID, evidence: evidence, searched, setting: grid.setting, context
    ) { progress.update($0) }
  }
}
