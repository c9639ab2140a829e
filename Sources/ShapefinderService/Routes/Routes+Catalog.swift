import Answers
import Catalog
import Estimation
import Reporting
import VisionTransformer

extension Route {
  private static let tables: [Form] = [.json, .ndjson, .csv, .text]

  /// Routes that list what can be asked about.
  static let catalog: [Route] = [
    Route(
      name: "options", path: "/v1/options",
      summary: "Every key of a question's setting, with its default and the values it can have; the model's version.",
      work: .told { Answer($0.options) }),
    Route(
      name: "shapes", path: "/v1/shapes", summary: "The named shapes, counted, beside what was published of them.",
      parameters: [
        Parameter("name", "Only this one.", .text(example: "ViT-G/14")), Parameter.version, Parameter.format(tables),
      ], forms: tables,
      work: .calculated { inquiry in
        let catalog = inquiry.context.catalog
        var rows = try ShapesReport.Row.all(catalog)
        if let name = inquiry.values["name"] {
          let reading = try catalog.reading(ofShape: name)
          rows = [try ShapesReport.Row(catalog.variant(named: name), patch: reading.shape.patch)]
        }
        return inquiry.table(rows, ShapesReport.listing, command: ["shapes"])
      }),
    Route(
      name: "devices", path: "/v1/devices",
      summary: "The devices: their memory, units and rates, each with its source.",
      parameters: [
        Parameter("name", "Only this one.", .text(example: "tpu-v3")), Parameter.version, Parameter.format(tables),
      ], forms: tables,
      work: .calculated { inquiry in
        let catalog = inquiry.context.catalog
        var files = catalog.describedDevices
        if let name = inquiry.values["name"] {
          let device = try catalog.device(named: name)
          files = files.filter { $0.device.name == device.name }
        }
        return inquiry.table(files.map { DevicesReport.Row($0) }, DevicesReport.listing, command: ["devices"])
      }),
    Route(
      name: "grids", path: "/v1/grids", summary: "The grids: their axes, settings and marks.",
      parameters: [
        Parameter("name", "Only this one.", .text(example: "figure8")), Parameter.version, Parameter.format(tables),
      ], forms: tables,
      work: .calculated { inquiry in
        let catalog = inquiry.context.catalog
        let files = try inquiry.values["name"].map { [try catalog.grid(named: $0)] } ?? catalog.grids
        return inquiry.table(files.map { GridsReport.Row($0) }, GridsReport.listing, command: ["grids"])
      }),
  ]
}

extension Inquiry {
  fileprivate func table<Row>(_ rows: [Row], _ listing: Listing<Row>, command words: [String]) -> Answer {
    answer(rows, listing, command: words + (values["name"].map { ["show", $0] } ?? []), readsStore: false) {
      listing.text(rows, format: .table, terminal: $0)
    }.timeless(true)
  }
}

extension ServiceState {
  /// The options that a page's controls, or a client that checks its requests, need.
  fileprivate var options: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("version")
    writer.string(configuration.version)
    writer.key("modelVersion")
    writer.string(Estimator.version)
    writer.key("answersVersion")
    writer.string(answersVersion)
    writer.key("hasStore")
    writer.boolean(hasStore)
    writer.key("options")
    writer.beginArray()
    for parameter in Parameter.settings { option(parameter, to: &writer) }
    writer.endArray()
    writer.endObject()
    writer.lineBreak()
    return writer.bytes
  }

  private func option(_ parameter: Parameter, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("key")
    writer.string(parameter.name)
    writer.key("summary")
    writer.string(parameter.summary)
    writer.key("default")
    let standard = parameter.standard
    writer.value(standard.flatMap { Int($0) }.map { .integer($0) } ?? .optional(standard))
    switch parameter.kind {
    case .whole(let bounds):
      writer.key("least")
      writer.integer(bounds.lowerBound)
      writer.key("most")
      writer.integer(bounds.upperBound)
    case .choice(let words): values(words.map { ($0, title(parameter.name, $0)) }, to: &writer)
    default:
      if parameter.name == Configuration.Key.device.rawValue {
        values(configuration.catalog.deviceNames.map { ($0, $0) }, to: &writer)
      }
    }
    writer.endObject()
  }

  private func values(_ values: [(String, String)], to writer: inout JSONWriter) {
    writer.key("values")
    writer.beginArray()
    for (value, title) in values {
      writer.beginObject()
      writer.key("value")
      writer.string(value)
      writer.key("title")
      writer.string(title)
      writer.endObject()
    }
    writer.endArray()
  }

  private func title(_ name: String, _ word: String) -> String {
    switch Configuration.Key(rawValue: name) {
    case .head: Head(rawValue: word)?.title ?? word
    case .optimizer: Optimizer(rawValue: word)?.title ?? word
    default: word
    }
  }
}

extension ServiceConfiguration {
  /// The version of program, model and catalog: everything that an answer depends on, apart from its question and the
  /// store.
  var answersVersion: String {
    let sink = MemorySink(), format = Form.ndjson.format
    // Writing to memory cannot fail.
    try? ShapesReport.listing.write((try? ShapesReport.Row.all(catalog)) ?? [], format: format, to: sink)
    try? DevicesReport.listing.write(catalog.devices.map { DevicesReport.Row($0) }, format: format, to: sink)
    try? GridsReport.listing.write(catalog.grids.map { GridsReport.Row($0) }, format: format, to: sink)
    let plain = version.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-" }
    return "\(String(plain))_\(Estimator.version)_\(hexadecimal(sink.bytes))"
  }
}
