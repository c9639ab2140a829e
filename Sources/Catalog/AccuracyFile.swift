import VisionTransformer

/// Reads what the package states about its estimates for one device: `accuracy/<device>.yaml`.
///
/// The file maps groups of rows to the source of the statements about them and to quantities with their figures:
/// `{held-out: {source: ..., livePeak: {median: 0.003, largest: 0.06}, verdicts: {wrong: 0}}}`.
enum AccuracyFile {
  private static let source = "source", verdicts = "verdicts"

  /// The statements of a file.
  ///
  /// - Throws: `CatalogError`.
  static func statements(_ file: CatalogFile) throws(CatalogError) -> StatedAccuracy {
    var accuracy = StatedAccuracy(device: file.name, statements: [])
    for (key, node) in try pairs(YAMLNode(parsing: file), "the file") {
      guard let group = key.text.flatMap({ EvidenceGroup(rawValue: $0) }) else {
        throw key.unknownKey(among: EvidenceGroup.allCases.map(\.rawValue))
      }
      let members = try pairs(node, group.rawValue)
      guard let source = members.first(where: { $0.key.text == Self.source })?.value.text, !source.isEmpty else {
        throw node.error("\(group.rawValue): source must be there, a text")
      }
      for (key, node) in members where key.text != Self.source {
        let quantity = EvidenceQuantity.allCases.first { $0.key == key.text }
        guard quantity != nil || key.text == verdicts else {
          throw key.unknownKey(among: [Self.source, verdicts] + EvidenceQuantity.allCases.map(\.key))
        }
        for (figureKey, value) in try pairs(node, "\(group.rawValue).\(key.text ?? "")") {
          let figures = StatedAccuracy.Figure.allCases.filter { $0.isOfVerdicts == (quantity == nil) }
          guard let figure = figures.first(where: { $0.rawValue == figureKey.text }) else {
            throw figureKey.unknownKey(among: figures.map(\.rawValue))
          }
          accuracy.statements.append(
            .init(
              group: group, quantity: quantity, figure: figure, most: try value.fraction(named: figure.rawValue),
              source: source))
        }
      }
    }
    return accuracy
  }

  private static func pairs(
    _ node: YAMLNode, _ name: String
  ) throws(CatalogError) -> [(key: YAMLNode, value: YAMLNode)] {
    guard case .mapping(let pairs) = node.content else {
      throw node.error(notValid(name, "\(node.looseValue)", "must be a mapping"))
    }
    return pairs.map { (key: $0.0, value: $0.1) }
  }
}
