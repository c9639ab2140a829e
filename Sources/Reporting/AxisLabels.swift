/// Decides which values of an axis are labelled: round ones, as densely as they can be read.
enum AxisLabels {
  private static let steps =
    [1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256, 500, 512]
    + [1000, 1024, 2000, 2048, 4096, 5000, 8192, 10_000, 16_384]

  /// Steps of counts, such as the depth; widths come in powers of two.
  private static let decimalSteps = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]

  /// A label for each line of a downward axis, on which each line represents some values.
  static func lines(_ lines: [[Int]]) -> [String] {
    func labelled(_ step: Int) -> [Int] {
      lines.indices.filter { index in lines[index].contains { $0 % step == 0 } }
    }
    func gap(_ places: [Int]) -> Int { zip(places.dropFirst(), places).map { $0 - $1 }.min() ?? lines.count }
    let enough = lines.count <= 8 ? 1 : max(2, lines.count / 8)
    let step = decimalSteps.first { labelled($0).count > 1 && gap(labelled($0)) >= enough } ?? 1
    let places = Set(labelled(step))
    return lines.indices.map { index in
      if places.contains(index) { return (lines[index].first { $0 % step == 0 }).map(String.init) ?? "" }
      // The first line shows where the axis begins, unless the next label is close.
      return index == 0 && !places.contains(1) ? lines[0].first.map(String.init) ?? "" : ""
    }
  }

  /// The column of a cell that its tick and its letter are in: the middle of a wide cell.
  static func tick(_ index: Int, cellColumns: Int) -> Int {
    index * cellColumns + (cellColumns > 2 ? cellColumns / 2 : 0)
  }

  /// Tick marks and labels under cells of `cellColumns` columns.
  static func columns(_ values: [Int], cellColumns: Int) -> (rule: String, labels: String) {
    func placed(_ indices: [Int]) -> [(start: Int, text: String)] {
      indices.map { index in
        let text = String(values[index])
        return (max(0, index * cellColumns - text.count / 2 + cellColumns / 2), text)
      }
    }
    func isReadable(_ indices: [Int]) -> Bool {
      let labels = placed(indices)
      return zip(labels, labels.dropFirst()).allSatisfy { $0.start + $0.text.count + 2 <= $1.start }
    }
    let all = Array(values.indices)
    let few = cellColumns > 2 && isReadable(all) ? all : nil
    let round =
      few
      ?? steps.lazy.map { step in all.filter { values[$0] % step == 0 } }
      .first { $0.count > 1 && isReadable($0) }
    let ends = values.count > 1 && isReadable([0, values.count - 1]) ? [0, values.count - 1] : Array(all.prefix(1))
    var rule = Array(repeating: Character("─"), count: values.count * cellColumns)
    var labels = ""
    for label in placed(round ?? ends) {
      labels += String(repeating: " ", count: max(0, label.start - labels.count)) + label.text
    }
    for index in round ?? ends { rule[tick(index, cellColumns: cellColumns)] = "┴" }
    return (String(rule), labels)
  }

  /// Indices of the round values of an axis that are at least `atLeast` cells apart; if there are none, the first and
  /// last index.
  static func round(_ values: [Int], atLeast cells: Int, isDecimal: Bool = false) -> [Int] {
    for step in isDecimal ? decimalSteps : steps {
      let indices = values.indices.filter { values[$0] % step == 0 }
      if indices.count > 1, zip(indices.dropFirst(), indices).allSatisfy({ $0 - $1 >= cells }) { return indices }
    }
    return values.count > cells ? [0, values.count - 1] : Array(values.indices.prefix(1))
  }

  /// Round values of a continuous axis, about `count` of them, starting at zero.
  static func ticks(upTo limit: Int, about count: Int) -> [Int] {
    guard limit > 0 else { return [0] }
    let wanted = max(1, limit / max(count, 1))
    var step = 1
    while step * 10 <= wanted { step *= 10 }
    step *= wanted >= 5 * step ? 5 : wanted >= 2 * step ? 2 : 1
    return Array(stride(from: 0, through: limit, by: step))
  }
}
