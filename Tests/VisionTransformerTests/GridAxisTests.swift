import Testing
import VisionTransformer

@Suite struct GridAxisTests {
  @Test(arguments: [
    ("8", [8]), ("8, 16, 32", [8, 16, 32]), ("32,8,16,8", [8, 16, 32]),
    ("512..1024 by 128", [512, 640, 768, 896, 1024]),
    ("1..4", [1, 2, 3, 4]), ("1..10 by 4", [1, 5, 9]), (" 2 .. 6 by 2 , 40 ", [2, 4, 6, 40]), ("5..5", [5]),
    ("7..5000 by 1000000000", [7]),
  ])
  func numbersListsAndRanges(text: String, values: [Int]) throws {
    #expect(try Grid.Axis(parsing: text).values(width: 768) == values)
  }

  @Test(arguments: [
    ("4x", 768, [3072]), ("3x..6x by 0.5x, rounded to 128", 768, [2304, 2688, 3072, 3456, 3840, 4224, 4608]),
    ("3x..6x by 0.5x, rounded to 128", 832, [2560, 2944, 3328, 3712, 4224, 4608, 4992]),
    ("2.6364x", 880, [2320]), ("0.0001x", 768, [1]), ("0.001x, rounded to 128", 768, [128]),
    ("1x, 2x, 4096", 2048, [2048, 4096]), ("width/64", 768, [12]), ("width/64", 800, []),
    ("width/64, 8, 16", 512, [8, 16]),
  ])
  func ratiosFollowTheWidth(text: String, width: Int, values: [Int]) throws {
    #expect(try Grid.Axis(parsing: text).values(width: width) == values)
  }

  @Test func ratiosThatRoundToOneValueGiveItOnce() throws {
    #expect(try Grid.Axis(parsing: "3x..4x by 0.01x, rounded to 1024").values(width: 1024) == [3072, 4096])
  }

  @Test(arguments: [
    "8", "8, 16, 32", "512..2560 by 64", "1..100", "3x..6x by 0.5x, rounded to 128", "width/64", "4x, 5.25x", "0.0001x",
  ])
  func descriptionReadsBack(text: String) throws {
    let axis = try Grid.Axis(parsing: text)
    #expect(axis.description == text)
    #expect(try Grid.Axis(parsing: axis.description) == axis)
  }

  /// One row a kind of error, with the number of characters before the one that offends.
  @Test(arguments: [
    ("", 0, "expected a number"), ("   ", 3, "expected a number"), ("512..2560 bye 64", 10, "by"),
    ("512..2560 by", 12, "expected a number"), ("512..", 5, "expected a number"), ("512...600", 5, "expected a number"),
    ("600..512", 0, "high to low"), ("1..10 by 0", 9, "above 0"), ("0", 0, "above 0"), ("-4", 0, "expected a number"),
    ("8,,16", 2, "expected a number"), ("8, 16,", 6, "expected a number"), ("8 16", 2, "expected a comma"),
    ("1.5", 0, "whole number"), ("1..2.5", 3, "whole number"), ("3x..6x", 6, "needs a step"),
    ("3x..6x by 1", 10, "expected a ratio"), ("3..6x by 1", 3, "plain number"), ("1.23456x", 6, "four digits"),
    ("2000x", 0, "above 1000x"), ("width", 5, "\"/\""), ("width/", 6, "a number"), ("width/0", 6, "at least 1"),
    ("width64", 5, "\"/\""), ("4x, rounded to", 14, "round to"), ("4x, rounded 128", 12, "\"to\""),
    ("8, rounded to 128", 0, "only ratios"), ("4x, rounded to 128, 5x", 18, "expected a comma"),
    ("99999999999999999999", 0, "above 1000000000"), ("1..999999999", 0, "more than 131072"),
    ("1..131072, 5", 11, "more than 131072"), ("é8", 0, "expected a number"), ("8é", 1, "expected a comma"),
    ("8, é", 3, "expected a number"), ("１６", 0, "expected a number"),
  ])
  func syntaxErrorsPointAtTheCharacter(text: String, offset: Int, problem: String) throws {
    let error = try #require(throws: GridSyntaxError.self) { try Grid.Axis(parsing: text) }
    #expect(error.offset == offset, "\(error)")
    #expect(error.problem.contains(problem), "\(error)")
  }

  @Test func theMessageQuotesTheTextAndNamesTheCharacter() throws {
    let error = try #require(throws: GridSyntaxError.self) { try Grid.Axis(parsing: "512..2560 bye 64") }
    #expect(
      error.description
        == "\"512..2560 bye 64\": at character 11: expected a comma, \"by\" or the end, found \"bye 64\"")
  }

  @Test(arguments: [
    ("32..128", [32, 100, 128], [31, 129]), ("..128", [1, 128], [129]), ("32..", [32, 9999], [31]),
    ("64", [64], [63, 65]),
    ("3x..6x", [3, 6], [2, 7]),
  ])
  func boundsAreInclusive(text: String, inside: [Int], outside: [Int]) throws {
    let bounds = try Grid.Bounds(parsing: text)
    for value in inside { #expect(try allows(bounds, value)) }
    for value in outside { #expect(try !allows(bounds, value)) }
  }

  @Test(arguments: [("", 0), ("..", 2), ("128..32", 0), ("a", 0), ("1..2 3", 5), ("-1..2", 0)])
  func boundsThatAreNone(text: String, offset: Int) throws {
    let error = try #require(throws: GridSyntaxError.self) { try Grid.Bounds(parsing: text) }
    #expect(error.offset == offset, "\(error)")
  }

  /// Whether a grid of one point with that head width survives the bounds.
  private func allows(_ bounds: Grid.Bounds, _ headWidth: Int) throws -> Bool {
    try Grid(
      axes: Grid.Axes(
        depth: Grid.Axis([1]), width: Grid.Axis([headWidth]), heads: Grid.Axis([1]), mlpWidth: Grid.Axis([4]),
        patch: Grid.Axis([16])),
      constraints: Grid.Constraints([.headWidth: bounds])
    ).count == 1
  }
}
