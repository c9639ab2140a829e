import Evidence
import VisionTransformer

extension Listing where Row == Run {
  /// The columns of a store's runs: what stored its evidence, when, and how much.
  public static var runs: Listing<Run> {
    Listing([
      .integer("id", "run", isCount: false) { $0.id }, .text("started", "started") { $0.started },
      .init("finished") { .optional($0.finished) },
      .init(
        "status", "status",
        text: { run in
          Styled(run.status.rawValue, run.status == .finished ? .plain : run.status == .failed ? .bad : .unsure)
        }, value: { .text($0.status.rawValue) }),
      .integer("results", "results") { $0.counts.total }, .integer("new", "new") { $0.counts.new },
      .init("confirmed") { .integer($0.counts.confirmed) }, .init("revised") { .integer($0.counts.revised) },
      .text("grid", "grid") { $0.description.grid },
      .text("modelVersion", "model", rank: .detail) { $0.description.modelVersion },
      .text("host", "host", rank: .detail) { $0.description.host },
      .text("command", "command") { $0.description.command },
    ])
  }
}
