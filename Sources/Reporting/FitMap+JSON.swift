import VisionTransformer

extension FitMap {
  /// Writes the map as one JSON object: the texts above and below it, and its cells as columns of equal length, sorted
  /// by panel, width and depth.
  ///
  /// - Parameter settings: the settings of the map, without the axes.
  public func write(to writer: inout JSONWriter, settings templates: [Configuration.Setting]) {
    let panels = panels
    writer.beginObject()
    writer.text("title", title)
    writer.text("provenance", provenance)
    writer.text("speedUnit", speedUnit)
    writer.list("settings", Array(zip(settings, templates))) { writer, setting in
      writer.beginObject()
      writer.text("title", setting.0)
      writer.key("set")
      writer.beginObject()
      writer.fields(setting.1, apartFromAxes: true)
      writer.endObject()
      writer.endObject()
    }
    writer.list("panels", panels) { writer, panel in
      writer.beginObject()
      writer.text("mlpWidth", "\(panel.mlpWidth)")
      writer.text("heads", "\(panel.heads)")
      writer.number("patch", panel.patch)
      writer.number("batch", panel.batch)
      writer.number("imageSize", panel.imageSize)
      writer.endObject()
    }
    writer.list("marks", marks) { writer, mark in
      writer.beginObject()
      writer.text("label", mark.label)
      writer.text("name", mark.name)
      writer.numbers(mark.shape)
      writer.endObject()
    }
    counts(to: &writer)
    columns(panels, to: &writer)
    writer.endObject()
    writer.lineBreak()
  }

  private func counts(to writer: inout JSONWriter) {
    let counts = counts
    writer.key("counts")
    writer.beginObject()
    writer.number("shapes", counts.shapes)
    writer.list("fitsFirst", counts.fitting) { $0.integer($1) }
    writer.number("uncertain", counts.uncertain)
    writer.number("none", counts.shapes - counts.fitting.reduce(0, +) - counts.uncertain)
    writer.endObject()
  }

  /// One cell of the columns.
  private struct Entry {
    var panel: Int
    var plane: Plane
    var width: Int
    var depth: Int
    var cell: Cell
    var compiled: [Int: Verdict]
  }

  private func columns(_ panels: [Panel], to writer: inout JSONWriter) {
    var places: [Entry] = []
    let widths = widths.sorted()
    for (index, panel) in panels.enumerated() {
      for width in widths {
        guard let plane = panel.plane(width: width) else { continue }
        for (depth, cell) in allDepths(Column(plane: plane, width: width)) {
          places.append(
            Entry(
              panel: index, plane: plane, width: width, depth: depth, cell: cell,
              compiled: compiledVerdicts(plane, width: width, depth: depth)))
        }
      }
    }
    writer.key("columns")
    writer.beginObject()
    writer.list("panel", places) { $0.integer($1.panel) }
    writer.list("width", places) { $0.integer($1.width) }
    writer.list("depth", places) { $0.integer($1.depth) }
    writer.list("mlpWidth", places) { $0.integer($1.plane.mlpWidth) }
    writer.list("heads", places) { $0.integer($1.plane.heads) }
    writer.list("fitsIn", places) { $0.value(.optional($1.cell.firstFitting)) }
    writer.list("uncertainIn", places) { $0.value(.optional($1.cell.firstUncertain)) }
    writer.list("imagesPerSecond", places) { $0.value(.optional($1.cell.speed)) }
    writer.list("disturbed", places) { $0.boolean($1.cell.isDisturbed) }
    writer.list("compiled", places) { writer, place in
      guard !place.compiled.isEmpty else { return writer.null() }
      writer.beginObject()
      for (setting, verdict) in place.compiled.sorted(by: { $0.key < $1.key }) {
        writer.text("\(setting)", verdict.rawValue)
      }
      writer.endObject()
    }
    writer.endObject()
  }
}

extension JSONWriter {
  fileprivate mutating func text(_ name: String, _ value: String) {
    key(name)
    string(value)
  }

  fileprivate mutating func number(_ name: String, _ value: Int) {
    key(name)
    integer(value)
  }

  fileprivate mutating func list<Element>(
    _ name: String, _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
  ) {
    key(name)
    beginArray()
    for element in elements { write(&self, element) }
    endArray()
  }
}
