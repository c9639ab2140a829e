import Foundation

/// An article of the documentation, as far as tests read it.
struct Article {
  let text: String

  /// The package's folder.
  static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

  private static let folder = root.appending(path: "Sources/Shapefinder/Documentation.docc")

  init(_ name: String) throws {
    text = try String(contentsOf: Self.folder.appending(path: name + ".md"), encoding: .utf8)
  }

  /// Every article by its name.
  static func all() throws -> [String: Article] {
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    let names = files.filter { $0.pathExtension == "md" }.map { $0.deletingPathExtension().lastPathComponent }
    return try Dictionary(uniqueKeysWithValues: names.map { ($0, try Article($0)) })
  }

  /// All headings, without their marks.
  var headings: [String] {
    lines.filter { $0.hasPrefix("#") }.map { String($0.drop { $0 == "#" }.dropFirst()) }
  }

  /// The rows of every table under a heading, table by table, without their titles; code marks are dropped.
  func tables(under heading: String) -> [[[String]]] {
    guard let start = lines.firstIndex(of: "## \(heading)") else { return [] }
    var tables: [[[String]]] = []
    var isInside = false
    for line in lines[(start + 1)...].prefix(while: { !$0.hasPrefix("## ") }) {
      guard line.hasPrefix("|") else {
        isInside = false
        continue
      }
      if !isInside { tables.append([]) }
      isInside = true
      let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
      tables[tables.count - 1].append(
        cells.map { $0.replacing("`", with: "").trimmingCharacters(in: .whitespaces) })
    }
    return tables.map { Array($0.dropFirst(2)) }
  }

  private var lines: [String] { text.components(separatedBy: "\n") }
}
