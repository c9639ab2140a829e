import Selection
import Testing
import VisionTransformer

@testable import Reporting

/// Which columns stay where not all have room.
struct TableTests {
  private func titles(_ table: Table, at columns: Int) -> [String] {
    table.layout(for: Terminal(columns: columns, isInteractive: true)).shown.map { table.columns[$0].title }
  }

  private static let table = Table(
    columns: [
      .init("name"), .init("detail", rank: .detail), .init("fact"), .init("verdict", rank: .answer),
      .init("other", rank: .detail), .init("figure", .right), .init("sorted", .right, rank: .answer),
    ], rows: [["a", "b", "c", "fits", "e", "1.0", "2.0"]])

  @Test(arguments: [
    (50, ["name", "detail", "fact", "verdict", "other", "figure", "sorted"]),
    (49, ["name", "detail", "fact", "verdict", "figure", "sorted"]),
    (42, ["name", "fact", "verdict", "figure", "sorted"]), (34, ["name", "fact", "verdict", "sorted"]),
    (26, ["name", "verdict", "sorted"]), (5, ["name", "verdict", "sorted"]),
  ])
  func detailsGoFirstAndAnswersNever(columns: Int, shown: [String]) {
    #expect(titles(Self.table, at: columns) == shown)
  }

  @Test func whatIsHiddenIsSaidInASentence() throws {
    let lines = Self.table.lines(for: Terminal(columns: 30, isInteractive: true)).map(\.plain)
    #expect(lines.suffix(2) == ["Hidden at 30 columns: detail,", "other, figure."])
    #expect(lines.allSatisfy { $0.count <= 30 })
  }

  @Test func aLongNameIsCutBeforeAFactIsLost() {
    var table = Self.table
    table.rows[0][0] = Styled(String(repeating: "n", count: 40))
    #expect(titles(table, at: 60).contains("figure") && !titles(table, at: 60).contains("detail"))
    let lines = table.lines(for: Terminal(columns: 60, isInteractive: true)).map(\.plain)
    #expect(lines.allSatisfy { $0.count <= 60 } && lines[2].contains("nn…  c"))
  }

  @Test func whatTellsRowsApartStandsAtAnyWidthAndOnlyWhereRowsDiffer() {
    var table = Table(
      columns: [.init("name"), .init("fact"), .init("device", rank: .answer, presence: .varying)], rows: [])
    table.rows = [["a", "1", "v3"], ["b", "2", "v4"]]
    #expect(titles(table, at: 100) == ["name", "fact", "device"] && titles(table, at: 5) == ["name", "device"])
    table.rows = [["a", "1", "v3"], ["b", "2", "v3"]]
    #expect(titles(table, at: 100) == ["name", "fact"])
    let layout = table.layout(for: Terminal(columns: 5, isInteractive: true))
    #expect(layout.omitted == ["fact"])
    // A row that differs after all, once the columns have been laid out, says so.
    #expect(table.line(["c", "3", "v3"], layout).plain == "c   ")
    #expect(table.line(["c", "3", "v4"], layout).plain == "c     v4")
  }

  /// What is the same in every row goes before what tells rows apart.
  @Test func columnsInWhichRowsDifferGoLast() {
    var table = Table(
      columns: [
        .init("shape"), .init("optimizer", rank: .name), .init("batch", .right, rank: .name),
        .init("verdict", rank: .answer),
        .init("same"), .init("total", .right, rank: .detail),
      ], rows: [])
    table.rows = [["a", "adam", "8", "fits", "x", "1.0"], ["a", "sgd", "8", "fits", "x", "2.0"]]
    #expect(titles(table, at: 100).count == 6)
    #expect(titles(table, at: 40) == ["shape", "optimizer", "verdict", "same", "total"])
    #expect(titles(table, at: 34) == ["shape", "optimizer", "verdict", "total"])
    #expect(titles(table, at: 10) == ["shape", "optimizer", "verdict"])
    table.rows[1][2] = "16"
    #expect(titles(table, at: 10) == ["shape", "optimizer", "batch", "verdict"])
  }

  @Test func aTextThatWasCutHasTheRoomOfAFactThatWent() {
    var table = Table(
      columns: [.init("change"), .init("figure", .right), .init("total", .right, rank: .answer)], rows: [])
    table.rows = [[Styled(String(repeating: "c", count: 34)), Styled(String(repeating: "1", count: 20)), "14.5 GiB"]]
    let layout = table.layout(for: Terminal(columns: 46, isInteractive: true))
    #expect(layout.shown == [0, 2] && layout.widths[0] == 34)
  }

  @Test func whatAChangeComesToIsTheLastToGo() {
    let table = Listing<FitChange>.changes.table()
    #expect(titles(table, at: 20) == ["change", "verdict", "total"])
  }

  @Test func resultsOnSeveralDevicesSayOnWhich() {
    var other = Sample.fits
    other.configuration.device = "tpu-v5e"
    let one = Listing<StepResult>.results.text([Sample.fits, Sample.doesNotFit], format: .table)
    let two = Listing<StepResult>.results.text(
      [Sample.fits, other], format: .table, terminal: Terminal(columns: 40, isInteractive: true))
    #expect(!one.contains("device") && !one.contains("tpu-v3"))
    #expect(two.contains("tpu-v3 ") && two.contains("tpu-v5e "))
    #expect(two.split(separator: "\n").allSatisfy { $0.count <= 40 })
  }

  @Test func titlesAreAsWideAsTheTerminal() {
    let title = "figure8: The fit map of Figure 8, every shape at patch 14 in the paper's three settings"
    let text = Facts([("a", "b")]).text(title: title, terminal: Terminal(columns: 40))
    #expect(text.hasPrefix("figure8: The fit map of Figure 8, every\nshape at patch"))
    let map = Sample.map(depths: [4, 48], mlpWidths: [8192], heads: [16]).text(terminal: Terminal(columns: 40))
    #expect(map.split(separator: "\n").allSatisfy { $0.count <= 40 }, "\(map)")
  }

  @Test func aGivenWidthCountsEvenWithoutATerminal() {
    let asked = Terminal(variable: { ["COLUMNS": "42"][$0] }, isTerminal: false)
    #expect(Self.table.layout(for: asked).omitted == ["detail", "other"])
    #expect(Self.table.layout(for: .plain).omitted.isEmpty)
  }

  @Test(arguments: EstimateQuantity.allCases) func whatRowsAreOrderedByIsShownAtAnyWidth(quantity: EstimateQuantity) {
    let plain = Listing<StepResult>.results, listing = plain.ordered(by: quantity)
    let first = listing.table().columns.map(\.title), narrow = titles(listing.table(), at: 20)
    #expect(narrow.contains("verdict") && narrow.count == 3)
    #expect(first.filter { !plain.table().columns.map(\.title).contains($0) }.count <= 1)
    // Machines read the same keys, however rows are ordered.
    #expect(listing.keys == plain.keys)
    #expect(!listing.text([Sample.fits], format: .table).contains("–"))
  }
}
