import Evidence
import Reporting

extension Route {
  /// What the store holds.
  static let stored: [Route] = [
    Route(
      name: "runs", path: "/v1/runs",
      summary: "The runs of the store: what was asked, when, by which model, and how it ended.",
      parameters: [Parameter.format([.json, .ndjson, .csv, .text])], forms: [.json, .ndjson, .csv, .text],
      work: .calculated { inquiry in
        let runs = try inquiry.service.glance { try $0.runs() } ?? []
        return inquiry.answer(runs, Listing<Run>.runs, command: ["runs"]) {
          Listing<Run>.runs.text(runs, format: .table, terminal: $0)
        }
      })
  ]
}
