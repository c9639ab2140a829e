import Evidence
import Reporting
import VisionTransformer

extension Sweep {
  /// The equivalent command line, as a person would type it.
  package var command: String { (["shapefinder"] + words).map(shellWord).joined(separator: " ") }
}

extension Listing where Row == Sweep {
  /// The columns of a store's sweeps, with their progress.
  package static var sweeps: Listing<Sweep> {
    Listing([
      .integer("id", "sweep", isCount: false) { $0.id }, .text("kind", "kind", rank: .detail) { $0.kind.rawValue },
      .init(
        "status", "status",
        text: { sweep in
          let text = sweep.status.rawValue
          return switch sweep.status {
          case .finished: Styled(text)
          case .failed: Styled(text, .bad)
          case .queued, .running, .cancelled: Styled(text, .unsure)
          }
        }, value: { .text($0.status.rawValue) }),
      .integer("done", "done") { $0.done }, .integer("total", "of") { $0.total },
      .init("run", "run", .right, text: { Styled($0.run.map(String.init) ?? "–") }, value: { .optional($0.run) }),
      .text("created", "asked for", rank: .detail) { $0.created }, .init("started") { .optional($0.started) },
      .init("finished") { .optional($0.finished) }, .text("command", "command") { $0.command },
      .text("error", "why", rank: .detail) { $0.error },
    ])
  }
}
