import Testing

@testable import Reporting

@Suite struct RelativeTests {
  /// Per cent, until they say less than how many times it is.
  @Test(arguments: [
    (0.014, "+1.4 %"), (-0.5, "-50.0 %"), (0, "+0.0 %"), (2.08, "+208.0 %"), (9.38, "10 times"),
    (2028.312, "2,029 times"),
    (1e300, "–"),
  ])
  func aDistanceIsReadable(fraction: Double, text: String) { #expect(relative(fraction) == text) }
}
