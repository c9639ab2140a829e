import Catalog
import VisionTransformer

/// Which stored evidence is wanted, by what it is about and how it is known.
package struct EvidenceFilter: Sendable {
  /// Kinds; empty for all.
  package var kinds: Set<EvidenceKind> = []
  /// Names of devices; empty for all.
  package var devices: Set<String> = []
  /// Optimizers; empty for all.
  package var optimizers: Set<Optimizer> = []
  /// Shapes, whatever they were called; empty for all.
  package var shapes: Set<Shape> = []

  /// Everything.
  package init() {}

  /// What words ask for; nil for all. A device that the catalog does not know may be of another machine, and is taken as it is.
  ///
  /// - Throws: `AnswerError` for an optimizer, a kind or a shape that there is not.
  package init(
    device: String? = nil, optimizer: String? = nil, evidence: String? = nil, shape: String? = nil,
    _ context: AnswerContext
  ) throws(AnswerError) {
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
