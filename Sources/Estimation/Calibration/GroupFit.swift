import VisionTransformer

/// The fit of one group's constants to the rows that are not set aside.
package struct GroupFit: Sendable {
  /// The group.
  package let group: ConstantGroup
  /// The rows for the group's quantity.
  package let split: EvidenceSplit
  /// The wanted constants in the model's order.
  package let constants: [FittedConstant]

  /// Distinct steps that a constant takes.
  package static let stepsOfConstant = 3
  /// The most that a standard error is of a value that is determined.
  package static let mostError = 0.25
  /// The least part of what a constant does that others must not do; below, rounding decides.
  static let leastIndependent = 0.01
  /// Digits of a value that is written.
  package static let digits = 4

  /// The constants that were fitted.
  package var fitted: [FittedConstant] { constants.filter { $0.new != nil } }

  /// Fits those constants of `group` that are among `wanted`, beginning with the device's own values; the others keep
  /// theirs.
  ///
  /// - Parameters:
  ///   - wanted: Positions in `FittedConstants.names`.
  ///   - progress: Called with the number of constants that were settled since the last call.
  package init(
    _ group: ConstantGroup, _ rows: [ValidationRow], wanted: Set<Int>, device: Device, tpu: TPUFigures,
    progress: @escaping (Int) -> Void = { _ in }
  ) {
    self.group = group
    split = EvidenceSplit(rows, quantity: group.quantity)
    let search = ConstantSearch(rows: ConstantRows(group, split.training, device: device, tpu: tpu))
    var fitter = GroupFitter(
      search, values: tpu.constants.values, mostConstants: split.trainingSteps / Self.stepsOfConstant,
      progress: progress)
    constants = fitter.fit(group.indices.filter(wanted.contains), steps: split.trainingSteps)
  }
}

/// Decides which constants of a group rows can determine, and fits these.
///
/// All that a small change of them moves begin, as far as there are rows, those first that move most of what no other
/// moves (`PivotedQR`). After each search the least certain leaves, until all are certain; then the next is taken in.
struct GroupFitter {
  private let search: ConstantSearch
  private let start: [Double]
  private var values: [Double]
  private let mostConstants: Int
  private let progress: (Int) -> Void
  private var refusals: [Int: FittedConstant.Refusal] = [:] {
    didSet { progress(refusals.count - oldValue.count) }
  }
  private var errors: [Int: Double] = [:]

  init(_ search: ConstantSearch, values: [Double], mostConstants: Int, progress: @escaping (Int) -> Void) {
    self.search = search
    start = values
    self.values = values
    self.mostConstants = mostConstants
    self.progress = progress
  }

  /// - Parameter steps: Distinct configurations among the rows.
  mutating func fit(_ wanted: [Int], steps: Int) -> [FittedConstant] {
    var open: [MovedConstant] = [], shares: [Int: Double] = [:]
    for (place, index) in wanted.enumerated() {
      guard search.rows.count > 0 else {
        refusals[index] = .rows(missing: (place + 1) * GroupFit.stepsOfConstant)
        continue
      }
      let screened = ConstantScreen(rows: search.rows).screen(index, values)
      shares[index] = screened.share
      refusals[index] = screened.refusal
      if screened.refusal == nil { open.append(screened.constant) }
    }
    var chosen: [MovedConstant] = []
    while true {
      take(&chosen, from: &open)
      guard !chosen.isEmpty else { break }
      values = search.search(values, chosen)
      guard let least = leastCertain(chosen) else { break }
      if let refusal = least.refusal {
        chosen.remove(at: least.place)
        refusals[least.index] = refusal
      } else if open.isEmpty || chosen.count >= mostConstants {
        break
      }
    }
    for (place, constant) in open.enumerated() {
      refusals[constant.index] = .rows(missing: (chosen.count + place + 1) * GroupFit.stepsOfConstant - steps)
    }
    let fitted = Set(chosen.map(\.index))
    progress(fitted.count)
    return wanted.map { index in
      FittedConstant(
        name: FittedConstants.names[index], old: start[index],
        new: fitted.contains(index) ? rounded(values[index], digits: GroupFit.digits) : nil,
        error: fitted.contains(index) ? errors[index] : nil, share: shares[index] ?? 0, refusal: refusals[index])
    }
  }

  /// Takes constants in, in the order of what they move and no other does, as far as there are rows; refuses those that
  /// move nothing of their own.
  private mutating func take(_ chosen: inout [MovedConstant], from open: inout [MovedConstant]) {
    guard !open.isEmpty, let known = search.derivatives(values, chosen),
      let columns = search.derivatives(values, open)
    else { return }
    // What the chosen already do comes off first.
    let rest = columns.map { column -> [Double] in
      let parts = PivotedQR(known, column).solution(rank: known.count)
      return zip(known, parts).reduce(column) { left, part in zip(left, part.0).map { $0 - part.1 * $1 } }
    }
    let order = PivotedQR(rest, Array(repeating: 0, count: rest.first?.count ?? 0))
    var left: [MovedConstant] = []
    for (place, column) in order.order.enumerated() {
      guard chosen.count < mostConstants else {
        left.append(open[column])
        continue
      }
      let own = place < order.independent.count ? order.independent[place] : 0
      if own >= GroupFit.leastIndependent * PivotedQR.norm(columns[column]) {
        chosen.append(open[column])
      } else {
        refusals[open[column].index] = certainty(of: open[column], beside: chosen)?.refusal ?? .vanishes
      }
    }
    open = left
  }

  private struct Certainty {
    var place: Int
    var index: Int
    /// One standard error as a share of the value; infinite where rounding decides.
    var error: Double
    /// Why it is not certain enough.
    var refusal: FittedConstant.Refusal?
  }

  /// The least certain of the fitted constants. Notes how certain each is.
  private mutating func leastCertain(_ chosen: [MovedConstant]) -> Certainty? {
    let all = certainties(chosen)
    for certainty in all { errors[certainty.index] = certainty.error }
    guard var least = all.max(by: { $0.error < $1.error }) else { return nil }
    guard least.refusal != nil else { return least }
    // A search may lead a constant where nothing depends on it. The reason is given where it was.
    values[least.index] = start[least.index]
    var others = chosen
    others.remove(at: least.place)
    least.refusal = certainty(of: chosen[least.place], beside: others)?.refusal ?? .vanishes
    return least
  }

  /// The standard error of a constant as a share of its value, with `others` free beside it.
  private func certainty(of constant: MovedConstant, beside others: [MovedConstant]) -> Certainty? {
    certainties(others + [constant], only: others.count).first
  }

  /// The standard errors of constants, each with the others free beside it.
  ///
  /// - Parameter only: The place of the one that is wanted; nil for all.
  private func certainties(_ constants: [MovedConstant], only: Int? = nil) -> [Certainty] {
    guard let residuals = search.rows.residuals(values), let columns = search.derivatives(values, constants) else {
      return []
    }
    let scatter = ConstantSearch.scatter(residuals, fitted: constants.count)
    return (only.map { $0..<$0 + 1 } ?? constants.indices).map { place in
      let constant = constants[place]
      var others = constants, rest = columns
      others.remove(at: place)
      let column = rest.remove(at: place)
      let qr = PivotedQR(rest, column)
      let whole = PivotedQR.norm(column), own = qr.remainder(rank: rest.count)
      let relative = constant.relative(values[constant.index])
      let alone = scatter / whole * relative
      let error = own < GroupFit.leastIndependent * whole ? .infinity : scatter / own * relative
      var found = Certainty(place: place, index: constant.index, error: error)
      if !(alone <= GroupFit.mostError) {
        found.refusal = .range(error: alone)
      } else if !(error <= GroupFit.mostError) {
        let parts = zip(qr.solution(rank: rest.count), rest).map { ($0 * PivotedQR.norm($1)).magnitude }
        let strongest = others.indices.sorted { (parts[$0], $1) > (parts[$1], $0) }.prefix(2)
        found.refusal = .rank(
          alone: alone, error: error,
          others: strongest.filter { parts[$0] > 0.2 * whole }.map { FittedConstants.names[others[$0].index] })
      }
      return found
    }
  }
}

/// A number with so many significant digits.
func rounded(_ value: Double, digits: Int) -> Double {
  guard value != 0, value.isFinite else { return value }
  // Through text, so that the number is the one that is read again.
  var text = "", power = 0, left = value.magnitude
  while left >= 10 { (left, power) = (left / 10, power + 1) }
  while left < 1 { (left, power) = (left * 10, power - 1) }
  let places = digits - 1 - power
  var scale = 1.0
  for _ in 0..<places.magnitude { scale *= 10 }
  let whole = (places >= 0 ? value * scale : value / scale).rounded()
  text = "\(Int(whole))e\(-places)"
  return Double(text) ?? value
}
