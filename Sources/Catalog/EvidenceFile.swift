import Foundation
import Evidence
import VisionTransformer

/// A file of compiled evidence: NDJSON, with one answer of a real compiler on each line (`Validation/evidence`).
public struct EvidenceFile: Sendable, Hashable {
  /// One line.
  public struct Row: Sendable, Hashable {
    /// Line number, from 1.
    public var line: Int
    /// The evidence on the line.
    public var evidence: ObservedEvidence
  }

  /// File name without its ending, such as `tpu-v3-peaks`.
  public let name: String
  /// The lines in order.
  public let rows: [Row]

  /// Reads the text of a file, strictly; blank lines are skipped. `display` is the file as the user would name it, for
  /// errors.
  ///
  /// - Throws: `CatalogError` with file and line.
  public init(
    name: String, display: String, data: Data, directory: any ShapeDirectory
  ) throws(CatalogError) {
    self.name = name
    var rows: [Row] = []
    for (index, bytes) in data.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard bytes.contains(where: { $0 > 0x20 }) else { continue }
      func failure(_ problem: String, column: Int? = nil) -> CatalogError {
        CatalogError(file: display, line: index + 1, column: column, problem: problem)
      }
      let value: LooseValue
      do {
        value = try LooseValue(json: bytes)
      } catch {
        throw failure(error.column == nil ? error.problem : "is not JSON: \(error.problem)", column: error.column)
      }
      do {
        rows.append(Row(line: index + 1, evidence: try ObservedEvidence(value, directory: directory)))
      } catch {
        throw failure("\(error)")
      }
    }
    self.rows = rows
  }

  /// The evidence files of a folder, ordered by name.
  ///
  /// - Throws: `CatalogError` if the folder is missing or holds no evidence, or if a file cannot be read.
  public static func files(in directory: URL, shapes: any ShapeDirectory) throws(CatalogError) -> [EvidenceFile] {
    let root = directory.relativePath
    let ending = ".ndjson"
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: directory.path(percentEncoded: false))
    else {
      throw CatalogError(file: root, problem: "is not a folder that can be listed")
    }
    let names = entries.filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.sorted()
    guard !names.isEmpty else {
      throw CatalogError(file: root, problem: "holds no evidence: no file ends in \(ending)")
    }
    var files: [EvidenceFile] = []
    for name in names {
      let url = directory.appending(path: name).resolvingSymlinksInPath()
      // Opening a pipe or a device under that name could block or never end.
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: url.path(percentEncoded: false)),
        attributes[.type] as? FileAttributeType == .typeRegular,
        let data = FileManager.default.contents(atPath: url.path(percentEncoded: false))
      else { throw CatalogError(file: "\(root)/\(name)", problem: "cannot be read") }
      files.append(
        try EvidenceFile(
          name: String(name.dropLast(ending.count)), display: "\(root)/\(name)", data: data, directory: shapes))
    }
    return files
  }
}
