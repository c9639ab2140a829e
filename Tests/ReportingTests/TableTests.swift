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

  @Test func aWidthThatIsAskedForCountsWithoutATerminalToo() {
    let asked = Terminal(environment: ["COLUMNS": "42"], isTerminal: false)
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
