import VisionTransformer

extension FitMap {
  /// A mark's answer, from the shape's own cell: `ViT-G/14 (1664x48x8192, 16 heads) fits in MAP head, Adafactor: …`.
  public func describe(_ mark: Mark, drawn: [Panel]? = nil) -> String {
    let shape = mark.shape
    let panel = Panel(heads: shape.heads, mlpWidth: shape.mlpWidth)
    var text = "\(mark.name) (\(shape.width)x\(shape.depth)x\(shape.mlpWidth), \(shape.heads) heads)"
    guard let cell = cell(panel, width: shape.width, depth: shape.depth) else { return text + " is not on this map" }
    switch (cell.firstUncertain, cell.firstFitting) {
    case (let unsure?, let sure?): text += " may fit in \(settings[unsure]), and fits in \(settings[sure])"
    case (let unsure?, nil): text += " may fit in \(settings[unsure])"
    case (nil, let sure?): text += " fits in \(settings[sure])"
    case (nil, nil): text += " fits in none"
    }
    if let speed = cell.speed { text += ": \(fixed(Double(speed), digits: 1)) \(speedUnit)" }
    return drawn?.contains(panel) == false ? text + "; its panel is not drawn" : text
  }

  /// How many shapes there are, and which share of them fits where.
  public var summary: String {
    let counts = counts
    guard counts.shapes > 0 else { return "none" }
    func share(_ count: Int) -> String { percent(Double(count) / Double(counts.shapes)) }
    var parts = counts.fitting.enumerated().map { index, count in
      "\(share(count)) fit \(index > 0 ? "first " : "")in \(settings[index])"
    }
    if counts.uncertain > 0 { parts.append("\(share(counts.uncertain)) are uncertain") }
    parts.append("\(share(counts.shapes - counts.uncertain - counts.fitting.reduce(0, +))) fit in none")
    return grouped(counts.shapes) + ": " + parts.joined(separator: ", ")
  }
}
