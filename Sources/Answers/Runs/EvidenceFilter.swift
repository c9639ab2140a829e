import Catalog
import VisionTransformer

/// Selects stored evidence by its configuration and its kind.
package struct EvidenceFilter: Sendable {
  /// Kinds; empty for all.
  package var kinds: Set<EvidenceKind> = []
  /// Names of devices; empty for all.
  package var devices: Set<String> = []
  /// Optimizers; empty for all.
  package var optimizers: Set<Optimizer> = []
  /// Shapes, under any name; empty for all.
  package var shapes: Set<Shape> = []
  /// The machine that measured it, by its name or a part of its description; nil for all evidence.
  package var host: String?

  /// A filter that selects everything.
  package init() {}

  /// A filter from text; nil values select all. A device that the catalog does not know is kept as given, because it
  /// may belong to another machine.
  ///
  /// - Throws: `AnswerError` for an unknown optimizer, kind or shape.
  package init(
    device: String? = nil, optimizer: String? = nil, evidence: String? = nil, shape: String? = nil,
    host: String? = nil,
    _ context: AnswerContext
  ) throws(AnswerError) {
    self.host = host
    if let device {
      devices = [(try? context.catalog.reading(ofDevice: device).name) ?? device]
    }
    do throws(ConfigurationError) {
      if let optimizer {
        var setting = Configuration.Setting(), given = GivenSetting()
        given.optimizer = optimizer
        try given.apply(to: &setting, context.catalog, understood: context.remark)
        optimizers = [setting.optimizer]
      }
      if let shape {
        let reading = try context.catalog.reading(ofShape: shape)
        shapes = [reading.shape]
      }
      if let evidence {
        guard let kind = EvidenceKind(rawValue: evidence) else {
          throw ConfigurationError(
            key: "evidence", value: "\"\(excerpt(of: evidence))\"",
            rule: "must be one of " + EvidenceKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        kinds = [kind]
      }
    } catch { throw AnswerError(error) }
  }
}
