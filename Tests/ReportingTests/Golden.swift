import Foundation
import Testing

/// Compares `text` with the file `Golden/name`; `RECORD_GOLDEN=1` writes the file instead.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
    .appendingPathComponent(name)
  if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
    try Data(text.utf8).write(to: file)
    return
  }
  let expected = try String(contentsOf: file, encoding: .utf8)
  guard text != expected else { return }
  let difference = zip(text.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
  Issue.record(
    "\(name) differs; first at:\n  got      \(difference?.0 ?? "(end)")\n  expected \(difference?.1 ?? "(end)")",
    sourceLocation: sourceLocation)
}
