import VisionTransformer

extension FitMap {
  /// A mark's answer, from the shape's own cells: `ViT-G/14 (1664x48x8192, 16 heads) fits in MAP head, Adafactor: …`;
  /// if the map has several batches or image sizes, the answer for each.
  public func describe(_ mark: Mark, drawn: [Panel]? = nil) -> String {
    let shape = mark.shape
    let text = "\(mark.name) (\(shape.width)x\(shape.depth)x\(shape.mlpWidth), \(shape.heads) heads)"
    var answers: [String] = []
    for batch in batches.sorted() {
      for imageSize in imageSizes.sorted() {
        let plane = Plane(
          batch: batch, imageSize: imageSize, patch: shape.patch, heads: shape.heads, mlpWidth: shape.mlpWidth)
        guard let cell = cell(plane, width: shape.width, depth: shape.depth) else { continue }
        var place: [String] = []
        if batches.count > 1 { place.append(images(batch)) }
        if imageSizes.count > 1 { place.append("\(imageSize) px") }
        answers.append((place.isEmpty ? "" : "at \(place.joined(separator: ", ")) ") + answer(cell))
      }
    }
    guard !answers.isEmpty else { return "\(text) is not on this map" + reason(shape) }
    let isDrawn = drawn?.contains { $0.holds(shape) } ?? true
    return "\(text) \(answers.joined(separator: "; "))" + (isDrawn ? "" : "; its panel is not drawn")
  }

  private func answer(_ cell: Cell) -> String {
    var text =
      switch (cell.firstUncertain, cell.firstFitting) {
      case (let unsure?, let sure?): "may fit in \(settings[unsure]), and fits in \(settings[sure])"
      case (let unsure?, nil): "may fit in \(settings[unsure])"
      case (nil, let sure?): "fits in \(settings[sure])"
      case (nil, nil): "fits in none"
      }
    if let speed = cell.speed {
      text += ": \(fixed(speed, digits: 1)) \(speedUnit)" + (cell.isDisturbed ? ", disturbed" : "")
    }
    return text
  }

  /// The part of a shape that is not on the map's axes.
  private func reason(_ shape: Shape) -> String {
    guard let axes else { return "" }
    let names: [(key: Grid.Key, one: String, several: String)] = [
      (.patch, "patch is", "patches are"), (.width, "width is", "widths are"), (.depth, "depth is", "depths are"),
      (.heads, "heads are", "heads are"), (.mlpWidth, "MLP-width is", "MLP-widths are"),
    ]
    let strange = names.first { name in
      shape[name.key].map { !axes[name.key].values(width: shape.width).contains($0) } ?? false
    }
    guard let strange, let value = shape[strange.key] else { return "" }
    let axis = axes[strange.key]
    return ", whose \(axis.rules.count == 1 ? strange.one : strange.several) \(axis) and not \(value)"
  }

  /// How many shapes fit or no longer fit from one batch to the next: `from 8 images to 32 images 12 gained, 340 lost`;
  /// nil if the map has one batch and one image size.
  var comparison: String? {
    let changes = changes
    guard !changes.isEmpty else { return nil }
    return changes.map { "from \($0.step) \(grouped($0.gained)) gained, \(grouped($0.lost)) lost" }.joined(
      separator: "; ")
      + " of the shapes that fit in some setting"
  }

  /// The number of shapes, and the share of them that fits in each setting.
  public var summary: String {
    let counts = counts
    guard counts.shapes > 0 else { return "none" }
    func share(_ count: Int) -> String { percent(Double(count) / Double(counts.shapes)) }
    var parts = counts.fitting.enumerated().map { index, count in
      "\(share(count)) fit \(index > 0 ? "first " : "")in \(settings[index])"
    }
    if counts.uncertain > 0 { parts.append("\(share(counts.uncertain)) are uncertain") }
    parts.append("\(share(counts.shapes - counts.uncertain - counts.fitting.reduce(0, +))) fit in none")
    return grouped(counts.shapes) + ": " + parts.joined(separator: "; ")
  }
}
