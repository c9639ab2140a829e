import Testing
import VisionTransformer

@testable import Catalog

@Suite struct NamedShapeTests {
  let catalog: Catalog

  init() throws { catalog = try Catalog.bundled() }

  /// arXiv 2106.04560, Table 2, typed a second time from the paper: parameters and GFLOPs with their printed digits.
  @Test(arguments: [
    ("s/28", [256, 6, 1024, 8], "5.4", "0.7", "2.0"), ("s/16", [256, 6, 1024, 8], "5.0", "2.2", "7.8"),
    ("S/32", [384, 12, 1536, 6], "22", "2.3", "6.9"), ("Ti/16", [192, 12, 768, 3], "5.5", "2.5", "9.5"),
    ("B/32", [768, 12, 3072, 12], "87", "8.7", "26.0"), ("S/16", [384, 12, 1536, 6], "22", "9.2", "31.2"),
    ("B/28", [768, 12, 3072, 12], "87", "11.3", "30.5"), ("B/16", [768, 12, 3072, 12], "86", "35.1", "111.3"),
    ("L/16", [1024, 24, 4096, 16], "303", "122.9", "382.8"),
    ("g/14", [1408, 40, 6144, 16], "1011", "533.1", "1596.4"),
    ("G/14", [1664, 48, 8192, 16], "1843", "965.3", "2859.9"),
  ])
  func table2(row: String, numbers: [Int], parameters: String, flops224: String, flops384: String) throws {
    let shape = try catalog.shape(named: "ViT-" + row)
    #expect([shape.width, shape.depth, shape.mlpWidth, shape.heads] == numbers)
    let variant = try catalog.variant(named: row)
    let published = try #require(variant.published.first { $0.patch == shape.patch && $0.head == nil })
    #expect(published.millionParameters?.description == parameters)
    #expect(published.gigaFLOPs.mapValues(\.description) == [224: flops224, 384: flops384])
    #expect(published.source.contains("Table 2"))
  }

  @Test func table2HasElevenRows() {
    let rows = catalog.variants.flatMap { variant in variant.published.filter { $0.head == nil } }
    #expect(rows.count == 11)
  }

  /// big_vision, `decode_variant`, and SoViT-150m of arXiv 2305.13035.
  @Test(arguments: [
    ("mu", [32, 1, 128, 2]), ("Ti", [192, 12, 768, 3]), ("S", [384, 12, 1536, 6]), ("M", [512, 12, 2048, 8]),
    ("B", [768, 12, 3072, 12]), ("L", [1024, 24, 4096, 16]), ("So400m", [1152, 27, 4304, 16]),
    ("H", [1280, 32, 5120, 16]), ("g", [1408, 40, 6144, 16]), ("g-opt", [1536, 40, 6144, 16]),
    ("G", [1664, 48, 8192, 16]), ("G-opt", [1536, 48, 8192, 16]), ("e", [1792, 56, 15360, 16]),
    ("So150m", [880, 18, 2320, 16]),
  ])
  func variantsOfBigVision(name: String, numbers: [Int]) throws {
    for patch in [8, 14, 16] {
      let shape = try catalog.shape(named: "ViT-\(name)/\(patch)")
      #expect([shape.width, shape.depth, shape.mlpWidth, shape.heads, shape.patch] == numbers + [patch])
    }
  }

  @Test func bodiesWithMAPHeadArePublishedForGAndSo400m() throws {
    for (name, millions) in [("G", 1881.0), ("So400m", 428)] {
      let rows = try catalog.variant(named: name).published.filter { $0.head == .map }
      #expect(rows.map { $0.millionParameters?.value } == [millions])
    }
  }

  @Test(arguments: [
    ("G/14", "ViT-G/14"), ("ViT-g/14", "ViT-g/14"), ("SoViT-400m/14", "ViT-So400m/14"),
    ("ViT-SoViT-150m/14", "ViT-So150m/14"), ("nonsense", "nonsense"),
  ])
  func namesHaveOneCanonicalSpelling(name: String, canonical: String) {
    #expect(catalog.canonicalName(ofShape: name) == canonical)
  }

  @Test func configurationsKeepTheCanonicalName() throws {
    let read = try ConfigurationReader(directory: catalog).configuration(#"{"shape": "SoViT-400m/14"}"#)
    #expect(read.shapeName == "ViT-So400m/14")
    #expect(read.shape.mlpWidth == 4304)
  }

  /// A name that is none, and what the error must offer.
  @Test(arguments: [
    ("vit-g/14", [#""ViT-G/14""#, #""ViT-g/14""#]), ("VIT-G/14", [#""ViT-G/14""#, #""ViT-g/14""#]),
    ("VIT-G-OPT/14", [#""ViT-G-opt/14""#, #""ViT-g-opt/14""#]),
    ("ViT-So40m/14", [#""ViT-So400m/14""#]), ("ViT-colossal/14", ["known: mu, Ti, s, S"]),
    ("", ["known: mu"]), ("/", ["known: mu"]), ("ViT-G", ["such as ViT-G/14"]), ("ViT-G/", ["such as ViT-G/14"]),
    ("ViT-G/0", ["such as ViT-G/14"]), ("ViT-G/014", ["such as ViT-G/14"]), ("ViT-G/-14", ["such as ViT-G/14"]),
    ("ViT-G/14/14", ["such as ViT-G/14"]), ("ViT-G/99999", ["between 1 and 16384"]), ("ViT-G/１４", ["such as ViT-G/14"]),
    ("ViT-G /14", ["known: mu"]), ("ViT-x/16", ["known: mu"]), ("ViT-ViT-G/14", ["not a known shape"]),
  ])
  func unknownNamesOfferTheCloseOnes(name: String, offers: [String]) throws {
    let error = try #require(throws: ConfigurationError.self) { try catalog.shape(named: name) }
    #expect(error.key == "shape")
    for offer in offers { #expect(error.rule.contains(offer), "\(error)") }
  }

  @Test func allNamedShapesResolveToThemselves() throws {
    let shapes = catalog.namedShapes
    #expect(shapes.count == 21)
    #expect(Set(shapes.map(\.name)).count == shapes.count)
    for (name, shape, source) in shapes {
      #expect(try catalog.shape(named: name) == shape)
      #expect(!source.isEmpty)
      #expect(throws: Never.self) { try Configuration(shape: shape, batch: 1).validated() }
    }
  }

  @Test(arguments: [("26.0", 26.0, 0.05), ("22", 22, 0.5), ("5.45", 5.45, 0.005)])
  func printedNumbersKnowTheirLastDigit(text: String, value: Double, half: Double) throws {
    let number = try #require(PrintedNumber(text))
    #expect(number.value == value)
    #expect((number.halfLastDigit - half).magnitude < 1e-12)
    #expect(number.description == text)
  }

  @Test(arguments: ["", "-1", "0", "1e3", "x", "1.2.3", "1234567890123456"])
  func textThatIsNotPrintedAsANumberIsRefused(text: String) {
    #expect(PrintedNumber(text) == nil)
  }
}
