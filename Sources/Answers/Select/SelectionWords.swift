import Reporting
import Selection
import VisionTransformer

/// Explains a selection: why each shape was selected, and what excluded others.
struct SelectionWords {
  private let question: SelectQuestion
  private let device: Device

  init(_ question: SelectQuestion, _ device: Device) {
    self.question = question
    self.device = device
  }

  /// The rule in one sentence.
  static func rule(_ question: SelectQuestion) -> String {
    switch question.rule {
    case .together:
      "the rule together (arXiv 2106.04560, section 3.6) grows all dimensions from \(question.baseName) by similar "
        + "amounts, to the limit of what fits: the least grown dimension decides"
    case .computeOptimal:
      "the rule compute-optimal (arXiv 2305.13035) grows depth, width and MLP-width from \(question.baseName) by the "
        + "powers 0.45, 0.22 and 0.6 of the compute, to the limit of the budget: the dimension furthest behind decides"
    case .fastest: "the rule fastest takes the most images a second"
    case .largest: "the rule largest takes the most parameters"
    }
  }

  /// Why a shape has its rank.
  ///
  /// - Parameter first: figures of the first shape; nil for the first itself.
  func why<Element>(
    _ figures: SelectionFigures, first: SelectionFigures?, _ selection: ShapeSelection<Element>
  ) -> String {
    var parts = [reason(figures, first, selection.rule)]
    if let fast = selection.front.fastest(atLeast: figures.parameterCount),
      fast.imagesPerSecond > figures.imagesPerSecond * 1.005
    {
      let gain = percent(fast.imagesPerSecond / figures.imagesPerSecond - 1)
      parts.append("\(fast.shape) has no fewer parameters and is \(gain) faster")
    } else {
      parts.append("none with as many parameters is faster")
    }
    if let misfit = misfit(figures.shape) { parts.append(misfit) }
    return parts.joined(separator: "; ")
  }

  private func reason(_ figures: SelectionFigures, _ first: SelectionFigures?, _ rule: SelectionRule) -> String {
    switch rule {
    case .alongRay(let ray):
      guard let laggard = ray.laggard(of: figures.shape) else { return "no dimension grows" }
      let growth = "\(fixed(ray.growth(of: laggard, in: figures.shape), digits: 2)) times \(question.baseName)'s"
      guard let first else {
        let behind = question.rule == .together ? "its least grown dimension" : "its dimension furthest behind"
        return "\(behind), \(name(laggard)), is \(growth): no other shape's has come as far"
      }
      return ray.places(of: figures.shape, tieWith: first.shape)
        ? "\(name(laggard)) is as far as the first's, the next dimension is behind"
        : "\(name(laggard)) is only \(growth)"
    case .fastest:
      guard let first else { return "the fastest of what meets everything" }
      return "\(percent(1 - figures.imagesPerSecond / first.imagesPerSecond)) slower than the first"
    case .largest:
      guard let first else { return "the most parameters of what meets everything" }
      return
        "\(percent(1 - Double(figures.parameterCount) / Double(first.parameterCount))) fewer parameters than the first"
    }
  }

  private func name(_ dimension: ScalingRay.Dimension) -> String {
    dimension == .mlpWidth ? "MLP-width" : dimension.rawValue
  }

  /// The dimensions that do not fill their lanes; nil if all do, and on a host.
  private func misfit(_ shape: Shape) -> String? {
    guard case .tpu(let tpu) = device.kind else { return nil }
    let lanes = tpu.lanes
    var words: [String] = []
    for (name, size) in [("width", shape.width), ("MLP-width", shape.mlpWidth)] where size % lanes != 0 {
      words.append("\(name) \(size) is \(fixed(Double(size) / Double(lanes), digits: 2)) tiles of \(lanes)")
    }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  // MARK: - Limits

  /// What excludes configurations; if nothing is selected, which constraints would have to be relaxed, and by how much.
  func limits<Element>(_ selection: ShapeSelection<Element>) -> [String] {
    var sentences: [String] = []
    if selection.eligible > 0 {
      let alone = selection.broken.filter { $0.constraints.count == 1 }.prefix(3).map { broken in
        "\(bound(broken.constraints[0], selection.constraints)) (\(grouped(broken.count)))"
      }
      if !alone.isEmpty { sentences.append("kept out by one constraint alone: " + alone.joined(separator: ", ")) }
    } else {
      let misses = SelectionConstraint.allCases.compactMap { constraint in
        selection.nearMiss(constraint).map { gap(constraint, $0.value, $0.figures, selection.constraints) }
      }
      if !misses.isEmpty {
        sentences.append("nothing meets everything. One of these would have to give: " + misses.joined(separator: "; "))
      } else if let least = selection.broken.first {
        sentences.append(
          "nothing meets everything, and no constraint alone is to blame: the nearest \(counted(least.count, "configuration")) break "
            + least.constraints.map { bound($0, selection.constraints) }.joined(separator: " and "))
      } else {
        sentences.append("nothing was searched")
      }
    }
    if selection.uncertain > 0 {
      sentences.append(
        "\(grouped(selection.uncertain)) of those are uncertain, not refused: `shapefinder compile` settles them")
    }
    return sentences
  }

  private func gap(
    _ constraint: SelectionConstraint, _ value: Double, _ figures: SelectionFigures, _ constraints: SelectionConstraints
  ) -> String {
    "\(bound(constraint, constraints)), of which \(figures.shape) has \(amount(constraint, value))"
      + (constraint == .memory ? " for \(Bytes(figures.limit))" : "")
  }

  /// A constraint with its bound in words.
  private func bound(_ constraint: SelectionConstraint, _ constraints: SelectionConstraints) -> String {
    guard let bound = constraints.bounds[constraint] else { return "the memory" }
    return (constraint.isMost ? "at most " : "at least ") + amount(constraint, bound)
  }

  private func amount(_ constraint: SelectionConstraint, _ value: Double) -> String {
    switch constraint {
    case .memory: "\(Bytes(Int(value)))"
    case .minParameters, .maxParameters: ParameterCount.text(value) + " parameters"
    case .minImagesPerSecond: "\(fixed(value, digits: 1)) \(device.speedUnit)"
    case .maxFLOPsPerImage: "\(fixed(value / 1e9, digits: 1)) GFLOPs an image"
    case .maxTrainingFLOPs: "\(scientific(value)) FLOPs of training"
    case .maxDeviceDays: "\(Reporting.amount(value)) \(device.unit)-days"
    }
  }

  /// A number in scientific notation, such as `1.2e22`.
  private func scientific(_ value: Double) -> String {
    var digits = value, exponent = 0
    while digits >= 10 {
      digits /= 10
      exponent += 1
    }
    return fixed(digits, digits: 2) + "e\(exponent)"
  }
}
