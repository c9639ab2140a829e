import VisionTransformer

/// Tells whether a small change of a constant moves any row's estimate, and if not, what step's estimate it would move.
struct ConstantScreen {
  /// The rows.
  let rows: ConstantRows

  /// What was found of a constant.
  struct Result {
    var constant: MovedConstant
    /// The largest share by which an estimate changes as the constant does.
    var share: Double
    var refusal: FittedConstant.Refusal?
  }

  /// The least change of an estimate that shows the unit of a constant of zero.
  private static let leastChange = 1e-3
  /// The least share of an estimate that tells of a constant.
  private static let leastShare = 0.005
  /// A slope that becomes so much steeper with a step of a sixteenth is none.
  private static let jump = 4.0
  private static let step = 1e-3

  /// Screens the constant at `index`.
  func screen(_ index: Int, _ values: [Double]) -> Result {
    let negative = rows.group.mayBeNegative
    func moved(_ unit: Double?) -> MovedConstant { MovedConstant(index, unit: unit, mayBeNegative: negative) }
    var constant = moved(1)
    if values[index] != 0 {
      constant = MovedConstant(index, value: values[index], mayBeNegative: negative)
    } else if let unit = unit(index, values) {
      constant = moved(unit)
    }
    let coarse = slope(constant, values, rows.rows, Self.step)
    guard coarse > 0 else {
      let far = [0.5, 2].contains { factor in
        var changed = values
        changed[index] = values[index] == 0 ? factor : values[index] * factor
        return rows.residuals(changed) != rows.residuals(values)
      }
      return Result(constant: constant, share: 0, refusal: .unmoved(tells: tells(constant, values), isFar: far))
    }
    let fine = slope(constant, values, rows.rows, Self.step / 16)
    // Below that, steps show how estimates are rounded to whole cycles and bytes.
    let jumps = fine > 0.05 && fine > Self.jump * coarse
    return Result(constant: constant, share: coarse, refusal: jumps ? .jumps : nil)
  }

  /// The power of ten by which a constant of zero changes an estimate; nil if none does.
  private func unit(_ index: Int, _ values: [Double]) -> Double? {
    guard let before = rows.residuals(values) else { return nil }
    var unit = 1e-3
    while unit < 1e12 {
      var changed = values
      changed[index] = unit
      guard let after = rows.residuals(changed) else { return nil }
      if zip(before, after).contains(where: { ($0 - $1).magnitude >= Self.leastChange }) { return unit }
      unit *= 10
    }
    return nil
  }

  /// The largest slope of an estimate's logarithm.
  private func slope(
    _ constant: MovedConstant, _ values: [Double], _ evidence: [ObservedEvidence], _ step: Double
  ) -> Double {
    var above = values, below = values
    above[constant.index] = constant.moved(values[constant.index], by: step)
    below[constant.index] = constant.moved(values[constant.index], by: -step)
    let ups = rows.estimates(above, of: evidence), downs = rows.estimates(below, of: evidence)
    return zip(ups, downs).map { up, down in
      down > 0 ? ((up / down - 1) / (2 * step)).magnitude : 0
    }.max() ?? 0
  }

  /// The change of one setting, or of a size, that makes a row tell of the constant; nil if none does.
  private func tells(_ constant: MovedConstant, _ values: [Double]) -> String? {
    let all = rows.rows
    let samples = stride(from: 0, to: all.count, by: max(1, all.count / 6)).map { all[$0] }
    var best: (text: String, share: Double)?
    for (text, change) in Self.changes {
      let changed = samples.compactMap { row -> ObservedEvidence? in
        var row = row
        change(&row.configuration)
        row.configuration.shapeName = nil
        guard let valid = try? row.configuration.validated(), rows.takes(valid.configuration) else { return nil }
        row.configuration = valid.configuration
        return row
      }
      let share = slope(constant, values, changed, Self.step)
      if share > max(Self.leastShare, best?.share ?? 0) { best = (text, share) }
    }
    return best?.text
  }

  private static var changes: [(String, (inout Configuration) -> Void)] {
    typealias Change = (inout Configuration) -> Void
    var changes: [(String, Change)] = []
    func add<Option: RawRepresentable<String>>(
      _ noun: String, _ options: [Option], _ place: WritableKeyPath<Configuration, Option>
    ) {
      for option in options { changes.append(("\(noun) \(option.rawValue)", { $0[keyPath: place] = option })) }
    }
    add("head", Head.allCases, \.setting.head)
    add("optimizer", Optimizer.allCases, \.setting.optimizer)
    add("precision", Precision.allCases, \.setting.precision)
    add("clipping", GradientClipping.allCases, \.setting.gradientClipping)
    add("rematerialization", Rematerialization.allCases, \.setting.rematerialization)
    for batch in [1, 16, 128, 512] { changes.append(("batch \(batch)", { $0.setting.batch = batch })) }
    for factor in [4, 16] {
      changes.append(("\(factor) times the depth", { $0.shape.depth *= factor }))
      changes.append(("\(factor) times the width", { $0.shape.width *= factor }))
    }
    return changes
  }
}
