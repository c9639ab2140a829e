import Foundation

/// Writes the text files of a folder into one Swift source: `EmbedCatalogTool FOLDER OUTPUT TYPE EXTENSION...`, where
/// TYPE is the name of the Swift type that holds them.
///
/// Runs during the build (`Plugins/EmbedCatalog`); not part of the installed program.
@main
struct EmbedCatalogTool {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 4 else { throw Failure("usage: EmbedCatalogTool FOLDER OUTPUT TYPE EXTENSION...") }
    let source = try generatedSource(
      folder: URL(filePath: arguments[1], directoryHint: .isDirectory), type: arguments[3],
      extensions: Set(arguments[4...]))
    let content = Data(source.utf8), output = URL(filePath: arguments[2])
    // A file that is written anew is compiled anew, with all that depends on it; the build runs this for every product.
    guard (try? Data(contentsOf: output)) != content else { return }
    try content.write(to: output, options: .atomic)
  }

  /// The Swift source for every file under `folder` with one of the extensions, ordered by path.
  static func generatedSource(folder: URL, type: String, extensions: Set<String>) throws -> String {
    guard let entries = FileManager.default.enumerator(atPath: folder.path(percentEncoded: false)) else {
      throw Failure("\(folder.path(percentEncoded: false)): cannot be listed")
    }
    let paths = entries.compactMap { $0 as? String }.filter { path in
      extensions.contains { path.hasSuffix("." + $0) }
    }.sorted()
    let place = folder.lastPathComponent
    var source = "// Generated from \(place)/ by EmbedCatalogTool.\n\n"
    source += "/// The files of \(place)/, as they were when the package was built.\n"
    source += "enum \(type) {\n"
    source += "  static let files: [(path: String, text: String)] = [\n"
    for path in paths {
      let data = try Data(contentsOf: folder.appending(path: path))
      guard let text = String(bytes: data, encoding: .utf8) else { throw Failure("\(path): is not UTF-8") }
      source += "    (\n      path: \(literal(path)),\n      text: \(literal(text))\n    ),\n"
    }
    return source + "  ]\n}\n"
  }

  /// `text` as a Swift string literal, with one line of source for each line of text.
  static func literal(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n\\\n"
      case "\t", " "..."~": escaped.unicodeScalars.append(scalar)
      default: escaped += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    // A backslash at the end of a line joins it to the next; the text's own line breaks are the escapes before it.
    return "\"\"\"\n" + escaped + "\\\n\n\"\"\""
  }
}

/// Why nothing was written.
struct Failure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
