import Catalog
import Estimation
import Reporting
import Selection
import VisionTransformer

/// A comparison of published shapes with those that the rules select, in Markdown.
struct SelectionText {
  let catalog: Catalog

  /// A published shape, with the recipe that it was selected for.
  private struct Published {
    var name: String
    var optimizer: Optimizer
    var batch: Int
    /// Whether the rule was developed with this shape in view; the others were held out.
    var isTuned: Bool
  }

  /// The first two have the recipes of the next two.
  private static let together = [
    Published(name: "ViT-g/14", optimizer: .adamHalf, batch: 32, isTuned: true),
    Published(name: "ViT-G/14", optimizer: .adafactor, batch: 8, isTuned: true),
    Published(name: "ViT-g-opt/14", optimizer: .adamHalf, batch: 32, isTuned: false),
    Published(name: "ViT-G-opt/14", optimizer: .adafactor, batch: 8, isTuned: false),
  ]

  /// The published shapes beside those that the rule *together* selects.
  private func published(_ choices: [[SelectionReport.Choice]]) throws -> MarkdownTable {
    let rows = try Self.together.enumerated().map { index, published in
      try row(published, choices[index % choices.count])
    }
    return MarkdownTable(
      [
        "published", "", "shape", "rank", "the rule's first", "steps apart: width, depth, MLP-width", "images/s",
        "of the first",
      ],
      numbers: [3, 6, 7], rows: rows)
  }

  /// The report, and its table of published shapes alone.
  func text() throws -> (whole: String, published: MarkdownTable) {
    func searched(base: String? = nil, limit: Int) throws -> [[SelectionReport.Choice]] {
      try Self.together.prefix(2).map { try answer(large($0), .together, base: base, limit: limit) }
    }
    let choices = try searched(limit: 500), published = try published(choices)
    var bases = try ["ViT-S/16", "ViT-B/16", "ViT-L/16"].map { try base($0, searched(base: $0, limit: 1)) }
    bases.append(try base("ViT-H/14", choices))
    let whole = """
      # Which shape to train

      Written by `shapefinder report`; do not edit. What the rules of `select` choose, beside the shapes that papers chose.

      ## Together: ViT-g and ViT-G

      arXiv 2106.04560, section 3.6, scales depth, width and MLP-width simultaneously and by similar amounts, and takes the shapes at \
      the limit of what fits. The rule *together* takes the shape whose least grown dimension has grown most; the next least breaks \
      a tie. The grid is `large`, in the steps of all published shapes from L to e (width 128, depth 8, MLP-width 1024). Images a core \
      are the paper's: 32 for ViT-g, 8 for ViT-G, with clipping. g and G were looked at while the rule was written; g-opt and G-opt, \
      which big_vision carries without saying how they were found, were set aside.

      \(published.text)
      The base is a choice too. First shapes from other bases, with the steps from the published one:

      \(MarkdownTable(
      ["from", "half-precision Adam, 32 images", "from ViT-g", "Adafactor, 8 images", "from ViT-G"],
      rows: bases).text)
      ViT-H/14 is the default: it is the largest shape of the original paper (arXiv 2010.11929) and has the patch of Figure 8.

      **What the authors must have weighed otherwise.** Both published shapes are narrower than the rule's by one step, and ViT-G \
      spends the room on its MLP instead. \(try sizes(choices)) big_vision's later ViT-g-opt is the rule's first to the number. ViT-G-opt is narrower still: the rule does not lead to it.

      ## Compute-optimal: SoViT

      arXiv 2305.13035 grows depth by the power 0.45 of the compute, width by 0.22 and MLP-width by 0.6. The rule \
      *compute-optimal* takes the shape whose dimension furthest behind on that ray, from a base, is furthest on, within the \
      budget. The base is the paper's SoViT-400m/14. Each of its two shapes is predicted here from the other one, at its own FLOPs an \
      image; the steps are of 16, 1 and 32.

      \(try MarkdownTable(
      ["published", "shape", "predicted from", "predicted shape", "width", "depth", "MLP-width"], numbers: [4, 5, 6],
      rows: [sovit("ViT-So150m/14", from: "ViT-So400m/14"), sovit("ViT-So400m/14", from: "ViT-So150m/14")]).text)
      The centre of the paper's star sweep, 1968x40x6144, lies on no ray through SoViT-400m/14: it is where the sweep was, not an \
      optimum.

      """
    return (whole, published)
  }

  /// How much smaller the published shapes are than those that the rule selects.
  private func sizes(_ choices: [[SelectionReport.Choice]]) throws -> String {
    let words = try zip(Self.together, choices).map { published, choices -> String in
      let shape = try catalog.shape(named: published.name)
      guard let own = choices.first(where: { $0.result.configuration.shape == shape }), let first = choices.first else {
        return "\(published.name) is not among the choices"
      }
      let less = 1 - Double(own.result.parameterCount) / Double(max(1, first.result.parameterCount))
      return "\(published.name) has \(fixed(less * 100, digits: 1)) % fewer parameters than the rule's first"
    }
    return words.joined(separator: ", ") + "."
  }

  private func answer(
    _ grid: GridQuestion, _ rule: SelectQuestion.Rule, base: String? = nil,
    _ bounds: [SelectionConstraint: Double] = [:],
    limit: Int
  ) throws -> [SelectionReport.Choice] {
    let context = AnswerContext(catalog: catalog)
    let question = SelectQuestion(
      grid: grid, rule: rule, base: base, bounds: bounds, budget: BudgetQuestion(), limit: limit)
    return try SelectAnswer(question, grid.searched(context), known: nil, context).report.choices
  }

  private func large(_ published: Published) -> GridQuestion {
    var setting = GivenSetting()
    setting.optimizer = published.optimizer.rawValue
    setting.batch = Grid.Axis([published.batch])
    return GridQuestion(
      name: "large", depth: nil, width: nil, mlpWidth: nil, heads: nil, patch: nil, setting: setting)
  }

  private func row(_ published: Published, _ choices: [SelectionReport.Choice]) throws -> [String] {
    let shape = try catalog.shape(named: published.name)
    let own = choices.first { $0.result.configuration.shape == shape }
    guard let first = choices.first else { return [published.name] }
    let speed = own?.result.imagesPerSecond, best = first.result.imagesPerSecond
    return [
      published.name, published.isTuned ? "" : "set aside", numbers(shape), own?.rank.map(String.init) ?? "–",
      numbers(first.result.configuration.shape),
      steps(from: first.result.configuration.shape, to: shape, [128, 8, 1024]),
      speed.map { fixed($0, digits: 1) } ?? "–", best.map { fixed($0, digits: 1) } ?? "–",
    ]
  }

  private func base(_ name: String, _ choices: [[SelectionReport.Choice]]) throws -> [String] {
    var cells = [name]
    for (published, choices) in zip(Self.together, choices) {
      guard let first = choices.first?.result.configuration.shape else { return cells }
      cells += [numbers(first), steps(from: first, to: try catalog.shape(named: published.name), [128, 8, 1024])]
    }
    return cells
  }

  private func sovit(_ name: String, from base: String) throws -> [String] {
    let shape = try catalog.shape(named: name)
    let plain = Configuration(shape: shape)
    let flops = Estimator(device: try catalog.device(named: plain.device)).estimate(plain).flopsPerImage
    let grid = GridQuestion(
      name: nil, depth: "12..36", width: "768..1280 by 16", mlpWidth: "1536..4608 by 32", heads: "16", patch: "14",
      setting: GivenSetting())
    let choices = try answer(
      grid, .computeOptimal, base: base, [.maxFLOPsPerImage: flops], limit: 1)
    guard let found = choices.first?.result.configuration.shape else { return [name] }
    func difference(_ own: Int, _ other: Int) -> String {
      let change = Double(own) / Double(other) - 1
      return (change >= 0 ? "+" : "") + fixed(change * 100, digits: 1) + " %"
    }
    return [
      name, numbers(shape), base, numbers(found), difference(found.width, shape.width),
      difference(found.depth, shape.depth), difference(found.mlpWidth, shape.mlpWidth),
    ]
  }

  private func numbers(_ shape: Shape) -> String { "\(shape.width)x\(shape.depth)x\(shape.mlpWidth)" }

  /// Differences in steps of the grid, such as `-1, 0, +1`.
  private func steps(from own: Shape, to other: Shape, _ steps: [Int]) -> String {
    zip([other.width - own.width, other.depth - own.depth, other.mlpWidth - own.mlpWidth], steps).map {
      difference, step in
      let count = Double(difference) / Double(step)
      let text = count == count.rounded() ? "\(Int(count))" : fixed(count, digits: 1)
      return (count > 0 ? "+" : "") + text
    }.joined(separator: ", ")
  }
}
