import Evidence
import Testing
import VisionTransformer

@testable import Reporting

@Suite struct ListingTests {
  private static let optimizers = [
    OptimizerReport.Row(
      optimizer: .adam, parameterCount: 1_930_012_345, parameters: .gibibytes(7.21), firstMoment: .gibibytes(7.21),
      secondMoment: .gibibytes(7.21), total: .gibibytes(25.2), limit: .gibibytes(15.48), verdict: .doesNotFit,
      largestBatch: 0, largestDepth: 27, publishedRatio: 2),
    OptimizerReport.Row(
      optimizer: .adafactor, parameterCount: 1_930_012_345, parameters: .gibibytes(7.21), firstMoment: .gibibytes(3.61),
      secondMoment: Bytes(3 << 20), total: .gibibytes(14.1), limit: .gibibytes(15.48), verdict: .fits,
      largestBatch: 16, largestDepth: 53, publishedRatio: 0.5),
  ]

  @Test func optimizersReadLikeThis() throws {
    try expectGolden(OptimizerReport.listing().text(Self.optimizers, format: .table), "optimizers.txt")
    #expect(fixed(Self.optimizers[0].ratio, digits: 3) == "2.000")
    #expect(fixed(Self.optimizers[1].ratio, digits: 3) == "0.501")
  }

  @Test func narrowTerminalDropsOptionalColumnsAndSaysSo() {
    let narrow = Terminal(columns: 84, isInteractive: true)
    let text = OptimizerReport.listing().text(Self.optimizers, format: .table, terminal: narrow)
    #expect(text.contains("Hidden at 84 columns: parameters, 2nd moment, B/param, paper, total, more blocks."))
    #expect(text.contains("max depth"))
    // A pipe loses nothing, however narrow.
    let piped = OptimizerReport.listing().text(Self.optimizers, format: .table, terminal: Terminal(columns: 84))
    #expect(piped.contains("2nd moment") && !piped.contains("Hidden"))
  }

  @Test func oneDeclarationGivesEveryForm() {
    struct Row { var name: String, bytes: Bytes?, note: [String] }
    let listing = Listing<Row>([
      .text("name", "name") { $0.name }, .bytes("memory.total", "total") { $0.bytes },
      .init("memory.twice") { .bytes($0.bytes.map { $0 + $0 }) },
      .init("notes") { .list($0.note.map { .text($0) }) },
      .init(title: "shout", text: { Styled($0.name.uppercased()) }),
    ])
    let rows = [Row(name: "a, \"b\"", bytes: Bytes(1 << 30), note: ["x", "y"]), Row(name: "c", bytes: nil, note: [])]
    #expect(
      listing.text(rows, format: .csv)
        == "name,memory.total,memory.twice,notes\r\n\"a, \"\"b\"\"\",1073741824,2147483648,x; y\r\nc,,,\r\n")
    #expect(
      listing.text(rows, format: .ndjson) == """
        {"name":"a, \\"b\\"","memory":{"total":1073741824,"twice":2147483648},"notes":["x","y"]}
        {"name":"c","memory":{"total":null,"twice":null},"notes":[]}

        """)
    #expect(
      listing.text(rows, format: .json).hasPrefix("[{\"name\":\"a, ") && listing.text([], format: .json) == "[]\n")
    #expect(listing.text(rows.prefix(1), format: .json, answer: .single).hasPrefix("{\"name\""))
    #expect(
      listing.text(rows, format: .table) == """
        name       total  shout
        ────────────────────────
        a, "b"  1.00 GiB  A, "B"
        c              –  C

        """)
  }

  @Test func catalogListingsReadLikeThis() throws {
    let shapes = [
      ShapesReport.Row(
        name: "ViT-g/14", shape: Sample.small, bodyParameters: 1_011_000_000, flopsPerImage: FLOPs(533.1e9),
        source: "arXiv 2106.04560 Table 2"),
      ShapesReport.Row(
        name: "ViT-G/14", shape: Sample.giant, bodyParameters: 1_843_000_000, flopsPerImage: nil,
        source: "arXiv 2106.04560 Table 2"),
    ]
    let devices = [DevicesReport.Row(Sample.core, sources: [.init(key: "clock", source: "vendor, table 1")])]
    let grids = [
      GridsReport.Row(
        name: "figure8", summary: "the paper's Shapefinder", device: "tpu-v3", shapes: 118_800, settings: 3,
        configurations: 356_400, source: "arXiv 2106.04560 section 3.6")
    ]
    let runs = [
      Run(
        id: 1,
        description: RunDescription(
          command: "shapefinder enumerate figure8", grid: "figure8", modelVersion: "1", host: "here"),
        started: "2026-01-02T03:04:05Z", finished: nil, status: .running, counts: RunCounts())
    ]
    let text = [
      ShapesReport.listing.text(shapes, format: .table), DevicesReport.listing.text(devices, format: .table),
      GridsReport.listing.text(grids, format: .table), Listing<Run>.runs.text(runs, format: .table),
      ShapesReport.listing.text(shapes, format: .csv), DevicesReport.listing.text(devices, format: .ndjson),
      GridsReport.listing.text(grids, format: .ndjson), Listing<Run>.runs.text(runs, format: .json),
    ]
    try expectGolden(text.joined(separator: "\n"), "catalog.txt")
  }

  /// Lists with what separates, what escapes and what is empty, and how they stand in a field.
  @Test(arguments: [
    ([], ""), (["a"], "a"), (["a", "b"], "a; b"), ([""], "\"\""), (["", ""], "; "), (["a; b"], "a\\; b"),
    ([";"], "\\;"),
    (["a;b", "\\"], "a\\;b; \\\\"), (["\\;"], "\\\\\\;"), (["x, y"], "\"x, y\""),
    (["a\nb", "\u{1B}"], "\"a\nb; \u{1B}\""),
  ])
  func listsOfTextsComeBackFromAField(elements: [String], field: String) throws {
    var writer = CSVWriter()
    writer.field(.list(elements.map { .text($0) }))
    #expect(writer.text == field)
    let read = try CSVReader.fields(writer.bytes)
    #expect(read.count == 1 && read[0].map(CSVList.elements) ?? [] == elements)
  }

  /// Memory that says it is a terminal.
  private struct Screen: ByteSink {
    let memory = MemorySink()
    var isTerminal: Bool { true }
    func write(_ bytes: UnsafeRawBufferPointer) { memory.write(bytes) }
  }

  @Test func aTerminalSeesTheControlCharactersOfCSVAndAFileHasThem() throws {
    let listing = Listing<String>([.text("note", "note") { $0 }]), hostile = "a\u{1B}[2J\u{9B}1m\u{202E},\nb"
    let screen = Screen(), file = MemorySink()
    try listing.write([hostile], format: .csv, to: screen)
    try listing.write([hostile], format: .csv, to: file)
    #expect(screen.memory.text == "note\r\n\"a\\u{1b}[2J\\u{9b}1m\\u{202e},\\u{a}b\"\r\n")
    #expect(file.text == "note\r\n\"\(hostile)\"\r\n")
  }

  @Test func fieldsThatAreEmptyAndFieldsThatAreMissingDiffer() throws {
    var writer = CSVWriter()
    for value: MachineValue in [.text(""), .null, .text("a"), .number(.nan), .text("\"")] { writer.field(value) }
    #expect(writer.text == "\"\",,a,,\"\"\"\"")
    #expect(try CSVReader.fields(writer.bytes) == ["", nil, "a", nil, "\""])
    // Lists of before, in which a semicolon stood for itself.
    #expect(CSVList.elements("stopped;early; \\d") == ["stopped;early", "\\d"])
  }
}
