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
    ("2GB", 2_000_000_000), ("16_777_216", 16_777_216), ("0", 0), ("1.5k", 1536), ("3 tib", 3_298_534_883_328),
    ("512B", 512), ("1e10", 10_000_000_000), ("1.6E+10", 16_000_000_000), ("25e-1GiB", 2_684_354_560),
    ("1e3 mb", 1_000_000_000),
    ("1048576", 1_048_576), ("16000000000.0", 16_000_000_000),
    // As Kubernetes writes them, and beyond a tebibyte.
    ("24Gi", 25_769_803_776), ("512Mi", 536_870_912), ("1Ti", 1_099_511_627_776), ("64ki", 65_536),
    ("2PiB", 2_251_799_813_685_248), ("3EiB", 3_458_764_513_820_540_928), ("1PB", 1_000_000_000_000_000),
    // The last digit counts, where a double has none left.
    ("9007199254740993", 9_007_199_254_740_993), ("288230376151711745", 288_230_376_151_711_745),
    ("4611686018427387903B", 4_611_686_018_427_387_903), ("4194303.999999999999TiB", 4_611_686_018_427_387_902),
    ("0.0009765625 KiB", 1), ("1.1 KiB", 1126),
  ])
  func sizesAreParsed(text: String, count: Int) throws {
    #expect(try Bytes(parsing: text).count == count)
  }

  @Test(arguments: [
    "", "GiB", "-1", "1.2.3", "5 XB", "1e99", "99999999999TiB", "٣", "nan", "inf", "0x10", "1 GiB GiB", "15.48", "0.5B",
    "16000000000.5", "4611686018427387904", "9223372036854775808B", "1e", "1e+", "e10", "1e10e1", "1e-1", "1e19", "-0",
    "1\u{0}GiB", "15,48 GiB", "4EiB", "8EiB", "9e9EiB", "24GiBs", "24Gb i",
  ])
  func textThatIsNoSizeIsRefused(text: String) {
    #expect(throws: SizeError.self) { try Bytes(parsing: text) }
  }

  @Test(arguments: ["4EiB", "8EiB", "99999999999TiB", "9EB"]) func aSizeBeyondAllSaysTheBound(text: String) {
    do { _ = try Bytes(parsing: text) } catch { #expect(error.rule == "is too large: must be below 4EiB") }
  }

  /// What is refused because nobody means it in bytes, and what is to be written instead.
  @Test(arguments: [
    ("24", "24 bytes? write 24GiB"), ("1", "1 bytes? write 1GiB"), ("15.48", "15.48 bytes? write 15.48GiB"),
    (" 80 ", "80 bytes? write 80GiB"), ("24.0", "24 bytes? write 24GiB"), ("16384", "16384 bytes? write 16384MiB"),
    ("81559", "81559 bytes? write 81559MiB"), ("1048575", "1048575 bytes? write 1048575MiB"),
    ("24e0", "24 bytes? write 24GiB"),
  ])
  func aSizeWithoutItsUnitIsRejectedWithTheLikelyOne(text: String, rule: String) {
    #expect(throws: SizeError.self) { try Bytes(parsing: text) }
    do { _ = try Bytes(parsing: text) } catch { #expect(error.rule == rule) }
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
