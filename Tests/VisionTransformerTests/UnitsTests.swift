import Testing

@testable import VisionTransformer

@Suite struct UnitsTests {
  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (712, "712 B"), (15_139_759_227, "14.10 GiB"),
    (16_624_123_904, "15.48 GiB"), (1_048_575, "1.00 MiB"), (-2048, "-2.00 KiB"), (Int.max, "8.00 EiB"),
    (Int.min, "-8.00 EiB"),
  ])
  func bytesArePrintedInBinaryUnits(count: Int, text: String) {
    #expect(Bytes(count).description == text)
  }

  @Test(arguments: [
    ("16000000000", 16_000_000_000), ("15.5GiB", 16_642_998_272), ("512 MiB", 536_870_912), ("2G", 2_147_483_648),
    ("2GB", 2_000_000_000), ("1_024", 1024), ("0", 0), ("1.5k", 1536), ("3 tib", 3_298_534_883_328),
  ])
  func sizesAreParsed(text: String, count: Int) {
    #expect(Bytes(parsing: text)?.count == count)
  }

  @Test(arguments: [
    "", "GiB", "-1", "1.2.3", "5 XB", "1e99", "99999999999TiB", "٣", "nan", "inf", "0x10", "1 GiB GiB", "15.48", "0.5B",
  ])
  func textThatIsNoSizeIsRefused(text: String) {
    #expect(Bytes(parsing: text) == nil)
  }

  @Test func sumsOfBytesSaturate() {
    #expect(Bytes(.max) + Bytes(1) == Bytes(.max))
    #expect(Bytes(.min) - Bytes(1) == Bytes(.min))
    #expect(Bytes(3) - Bytes(5) == Bytes(-2))
  }

  @Test(arguments: [
    (1.25, "1.25 s"), (0.645, "645 ms"), (0.0123, "12.3 ms"), (0.000_5, "500 µs"), (12.34, "12.3 s"), (250.0, "250 s"),
  ])
  func secondsKeepThreeDigits(value: Double, text: String) {
    #expect(Seconds(value).description == text)
  }

  @Test(arguments: [
    (1.005, 1, "1.0"), (-0.04, 1, "0.0"), (-0.05, 1, "-0.1"), (12.0, 0, "12"), (0.999, 2, "1.00"), (1e20, 2, "1e+20"),
    (.infinity, 2, "inf"), (.nan, 2, "nan"),
  ])
  func fixedDigits(value: Double, digits: Int, text: String) {
    #expect(fixed(value, digits: digits) == text)
  }
}

@Suite struct SuggestionTests {
  @Test func closestWordIsSuggested() {
    #expect(suggestion(for: "adam_half", among: ["adam", "adam-half"]) == #" (did you mean "adam-half"?)"#)
    #expect(suggestion(for: "batchsize", among: ["batch", "imageSize"]) == "")
    #expect(suggestion(for: String(repeating: "a", count: 100_000), among: ["a"]) == "")
  }

  @Test func namesThatDifferByCaseComeFirst() {
    #expect(closeNames(to: "g-OPT", among: ["G", "g", "G-opt", "g-opt", "H"]) == ["G-opt", "g-opt"])
    #expect(closeNames(to: "zzz", among: ["G", "g"]) == [])
    #expect(didYouMean(["a", "b", "c"]) == #"; did you mean "a", "b" or "c"?"#)
    #expect(didYouMean([]) == "")
  }

  @Test func editDistanceCountsInsertionsDeletionsAndSubstitutions() {
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("abc", "abc") == 0)
  }
}
