import Estimation
import VisionTransformer

extension CalibrateReport {
  /// What the evidence does not determine, by group: those with figures in a table, the others in sentences.
  func refusals(terminal: Terminal) -> [Styled] {
    var lines: [Styled] = []
    for group in fit.groups where group.fitted.count < group.constants.count {
      let refused = group.constants.filter { $0.refusal != nil }
      var section = section(of: refused, group)
      if lines.isEmpty { section.note = Self.legend }
      let table = section.lines(for: terminal)
      lines += table.isEmpty ? ["", Styled(section.title, .bold)] + dimmed(section.note, terminal) : table
      for sentence in sentences(refused, group) { lines += wrap(sentence, width: terminal.columns).map { Styled($0) } }
    }
    return lines
  }

  private func dimmed(_ text: String, _ terminal: Terminal) -> [Styled] {
    wrap(text, width: terminal.columns).map { Styled($0, .dim) }
  }

  /// The most of those waiting for rows that are named.
  private static let mostNext = 5

  private static let legend =
    "These keep their values. n: rows are too few; range: no row tells; rank: others do nearly the same. ±: one standard "
    + "error, if the constant alone is fitted, and beside the others; more than \(percent(GroupFit.mostError)) is too much."

  private func section(of refused: [FittedConstant], _ group: GroupFit) -> ReportSection {
    ReportSection(
      key: "refused", title: "Not determined of \(group.group.rawValue)",
      columns: [
        .init("name", "constant", rank: .answer), .init("by", "by", rank: .answer),
        .init("errorAlone", "± alone", .right, rank: .answer),
        .init("errorBesideOthers", "± beside", .right, rank: .answer), .init("likeConstants", "like", rank: .answer),
        .init("share", "share", .right, rank: .detail), .init("old", "is", .right, rank: .detail),
      ],
      rows: refused.compactMap { constant in
        guard let refusal = constant.refusal, refusal.errorAlone != nil else { return nil }
        return [
          .text(short(constant.name, group)), .text(refusal.word), .error(refusal.errorAlone),
          .error(refusal.errorBesideOthers),
          .text(refusal.likeConstants.map { short($0, group) }.joined(separator: ", ")), .percent(constant.share),
          .number(constant.old),
        ]
      })
  }

  private func sentences(_ refused: [FittedConstant], _ group: GroupFit) -> [String] {
    guard !group.split.training.isEmpty else { return ["n: no row to fit to has \(group.group.evidence)."] }
    let missing = refused.compactMap { constant in constant.refusal?.missingSteps.map { ($0, constant.name) } }
      .sorted { $0 < $1 }
    var sentences: [String] = []
    if let first = missing.first {
      let next = missing.dropFirst().prefix(Self.mostNext)
      var rest = next.map { "\($0.0) (\(short($0.1, group)))" }
      let others = missing.count - 1 - next.count
      if others > 0 { rest.append("and so on for \(counted(others, "other"))") }
      sentences.append(
        "n: another constant needs \(counted(first.0, "more step")) (\(short(first.1, group)))"
          + (rest.isEmpty ? "" : ", the next " + rest.joined(separator: ", ")) + ".")
    }
    var reasons: [(text: String, names: [String])] = []
    for constant in refused {
      guard let text = constant.refusal?.sentence else { continue }
      let name = short(constant.name, group)
      if let place = reasons.firstIndex(where: { $0.text == text }) {
        reasons[place].names.append(name)
      } else {
        reasons.append((text, [name]))
      }
    }
    return sentences + reasons.map { "range: \($0.text): \($0.names.joined(separator: ", "))." }
  }

  private func short(_ name: String, _ group: GroupFit) -> String { String(name.dropFirst(group.group.prefix.count)) }
}

extension FittedConstant.Refusal {
  /// The reason of a refusal by range that has no figure.
  fileprivate var sentence: String? {
    switch self {
    case .unmoved(let tells?, _): "no row moves, but \(tells) would"
    case .unmoved(nil, isFar: true): "no row moves unless it halves or doubles"
    case .unmoved(nil, isFar: false): "no row moves"
    case .jumps: "rows jump, as at a threshold"
    case .vanishes: "the fit leads to where no row tells"
    case .rows, .range, .rank: nil
    }
  }
}
