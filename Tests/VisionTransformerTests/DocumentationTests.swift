import Evidence
import Foundation
import Testing
import VisionTransformer

/// The articles of the documentation, held against what they describe.
@Suite struct DocumentationTests {
  @Test func everyCitationOfAnArticleNamesOneOfItsHeadings() throws {
    // A citation may go over a line's end, where the comment's marks stand between its words.
    let marks = /\s*\n\s*(\/\/\/?|#|\*)?\s*/
    let citation = /\b([A-Z][A-Za-z]+), "([^"]+)"/
    let articles = try Article.all()
    var count = 0
    for folder in ["Sources", "Tests", "Plugins", "Validation", "shapes"] {
      let files = FileManager.default.enumerator(
        at: Article.root.appending(path: folder), includingPropertiesForKeys: nil)
      for case let file as URL in files ?? .init()
      where ["swift", "c", "h", "py", "yaml"].contains(file.pathExtension) {
        guard file.lastPathComponent != "DocumentationTests.swift",
          let text = try? String(contentsOf: file, encoding: .utf8)
        else { continue }
        #expect(
          !text.contains("FACTS section") && !text.contains("DESIGN section"),
          "\(file.path) cites what is not in the repository")
        for match in text.replacing(marks, with: " ").matches(of: citation) {
          let name = String(match.1), heading = String(match.2)
          guard let article = articles[name] else { continue }
          count += 1
          #expect(article.headings.contains(heading), "\(file.path): \(name) has no heading \"\(heading)\"")
        }
      }
    }
    #expect(count >= 15)
  }

  @Test func theArchitectureHasEveryTarget() throws {
    let package = try String(contentsOf: Article.root.appending(path: "Package.swift"), encoding: .utf8)
    let targets = package.matches(of: /\.(?:target|executableTarget|plugin)\(\s*name: "([^"]+)"/).map { String($0.1) }
    let article = try Article("Architecture")
    #expect(targets.count > 15)
    for target in targets { #expect(article.text.contains("`\(target)`"), "Architecture has no \(target)") }
  }

  /// Compiled in the example package, which CI runs.
  @Test func theFiveLinesOfLandingPageAndREADMEAreThoseOfTheExample() throws {
    let path = "Examples/Estimate/Sources/Estimate/main.swift"
    let example = try String(contentsOf: Article.root.appending(path: path), encoding: .utf8)
    let readme = try String(contentsOf: Article.root.appending(path: "README.md"), encoding: .utf8)
    for text in [try Article("Shapefinder").text, readme] { #expect(text.contains("```swift\n" + example + "```")) }
  }

  // MARK: - The contract

  @Test func theContractHasEveryKeyOfAConfigurationWithItsDefaultAndRule() throws {
    let tables = try Article("Contract").tables(under: "A configuration")
    let keys = try #require(tables.first)
    #expect(keys.map { $0[0] } == Configuration.Key.allCases.map(\.rawValue))
    for row in keys {
      let key = try #require(Configuration.Key(rawValue: row[0]))
      let (standard, rule) = Self.described(key)
      #expect(row[2] == standard, "\(key)")
      #expect(row[3].hasPrefix(rule), "\(key): \(row[3])")
    }
  }

  private static func described(_ key: Configuration.Key) -> (standard: String, rule: String) {
    typealias Defaults = Configuration.Defaults
    typealias Limits = Configuration.Limits
    func choice<Choice: CaseIterable & RawRepresentable>(_ standard: Choice) -> (String, String)
    where Choice.RawValue == String {
      (standard.rawValue, Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return switch key {
    case .shape: ("", "a name of the catalog")
    case .device: (Defaults.device, "a device of the catalog")
    case .batch: ("\(Defaults.batch)", range(Limits.batch))
    case .imageSize: ("\(Defaults.imageSize)", range(Limits.imageSize))
    case .head: choice(Defaults.head)
    case .classes: ("\(Defaults.classes)", range(Limits.classes))
    case .optimizer: choice(Defaults.optimizer)
    case .precision: choice(Defaults.precision)
    case .gradientClipping: choice(Defaults.gradientClipping)
    case .rematerialization: choice(Defaults.rematerialization)
    case .layers: choice(Defaults.layers)
    case .dataParallel: ("\(Defaults.dataParallel)", range(Limits.dataParallel))
    case .memoryLimit: ("null: the device's usable memory", "1 to 2^58")
    case .compiler: ("null: the one that the device's model was made for", "one of whose answers")
    }
  }

  private static func range(_ limit: Int) -> String { "1 to " + grouped(limit) }

  @Test func theContractHasEveryKeyOfAShapeWithItsRange() throws {
    let tables = try Article("Contract").tables(under: "A configuration")
    try #require(tables.count > 1)
    #expect(tables[1].map { $0[0] } == Configuration.ShapeKey.allCases.map(\.rawValue))
    for row in tables[1] {
      let limit =
        switch try #require(Configuration.ShapeKey(rawValue: row[0])) {
        case .width, .heads: Configuration.Limits.width
        case .depth: Configuration.Limits.depth
        case .mlpWidth: Configuration.Limits.mlpWidth
        case .patch: Configuration.Limits.imageSize
        }
      #expect(row[2].hasPrefix(Self.range(limit)), "\(row[0])")
    }
  }

  @Test func theContractHasEveryKeyOfAResult() throws {
    let tables = try Article("Contract").tables(under: "A result").map { $0.map { $0[0] } }
    #expect(
      tables == [
        StepResult.Key.allCases.map(\.rawValue), StepResult.MemoryKey.allCases.map(\.rawValue),
        StepResult.ProvenanceKey.allCases.map(\.rawValue),
      ])
  }

  @Test func theWalkFromAQuestionToItsBytesIsTrue() throws {
    let article = try Article("FromAQuestionToItsBytes")
    let stops = try #require(article.tables(under: "The stops").first)
    let calls = try #require(article.tables(under: "Who calls whom").first)
    #expect(stops.count <= 12 && stops.map { $0[0] } == (1...stops.count).map(String.init))
    var sources: [String: String] = [:]
    for stop in stops {
      let source = try String(contentsOf: Article.root.appending(path: stop[3]), encoding: .utf8)
      #expect(
        ["struct", "class", "enum", "extension"].contains { source.contains("\($0) \(stop[1])") }, "\(stop)")
      sources[stop[1]] = source
    }
    for call in calls { #expect(sources[call[0]]?.contains(call[1]) == true, "\(call)") }
    // Every stop is reached, from one before it.
    #expect(calls.map { $0[2] } == stops.dropFirst().map { $0[1] })
    let places = Dictionary(uniqueKeysWithValues: stops.enumerated().map { ($1[1], $0) })
    for call in calls { #expect(places[call[0]] ?? .max < places[call[2]] ?? -1, "\(call)") }
    for name in ["walk", "walk~dark"] {
      let picture = try String(
        contentsOf: Article.root.appending(path: "Sources/Shapefinder/Documentation.docc/Resources/\(name).svg"),
        encoding: .utf8)
      for stop in stops { #expect(picture.contains(">\(stop[1])</text>"), "\(name): \(stop[1])") }
    }
  }
}
