import Foundation
import VisionTransformer

/// One YAML file of a catalog, read but not parsed.
struct CatalogFile: Sendable {
  /// Path within the catalog: `grids/figure8.yaml`.
  var path: String
  /// Path as the user would name it, for errors.
  var display: String
  /// The text.
  var text: String

  /// Largest file that is accepted: a hundred times any sensible one.
  static let largest = Bytes(4 << 20)

  /// The part of the catalog that the file belongs to.
  var part: CatalogPart? { CatalogPart.allCases.first { $0.holds(path) } }
  /// File name without its folder and ending: the name of a device, grid or calibration.
  var name: String { String(path.split(separator: "/").last.map { $0.dropLast(".yaml".count) } ?? "") }
}

/// The parts of a catalog.
enum CatalogPart: String, CaseIterable, Sendable {
  case shapes = "vit.yaml"
  case names = "names.yaml"
  case devices, grids, calibrations, accuracy

  func holds(_ path: String) -> Bool {
    isFile ? path == rawValue : path.hasPrefix(rawValue + "/")
  }

  /// Whether the part is one file rather than a folder.
  var isFile: Bool { self == .shapes || self == .names }
}

extension CatalogFile {
  /// The files that the build embedded in the program.
  static let bundled: [CatalogFile] = EmbeddedCatalog.files.map {
    CatalogFile(path: $0.path, display: "shapes/" + $0.path, text: $0.text)
  }

  /// The YAML files of a catalog's folder.
  ///
  /// - Throws: `CatalogError` for a folder that is missing or holds no part of a catalog, and for a file that is empty,
  ///   too large, not UTF-8 or unreadable.
  static func files(in directory: URL) throws(CatalogError) -> [CatalogFile] {
    let root = directory.relativePath
    guard isDirectory(directory) else {
      throw CatalogError(file: root, problem: "is not a folder; a catalog is a folder like shapes/ of the source")
    }
    var files: [CatalogFile] = []
    var found = false
    for part in CatalogPart.allCases {
      let url = directory.appending(path: part.rawValue)
      guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else { continue }
      found = true
      if part.isFile {
        files.append(try CatalogFile(path: part.rawValue, url: url, root: root))
        continue
      }
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false)).sorted()
      } catch {
        throw CatalogError(file: "\(root)/\(part.rawValue)", problem: "cannot be listed")
      }
      for name in names where !name.hasPrefix(".") {
        let path = part.rawValue + "/" + name
        if name.hasSuffix(".yml") {
          throw CatalogError(file: "\(root)/\(path)", problem: "must end in .yaml to be read")
        }
        guard name.hasSuffix(".yaml") else { continue }
        files.append(try CatalogFile(path: path, url: url.appending(path: name), root: root))
      }
    }
    guard found else {
      let parts = CatalogPart.allCases.map { $0.isFile ? $0.rawValue : $0.rawValue + "/" }
      throw CatalogError(file: root, problem: "holds no catalog: none of " + parts.joined(separator: ", "))
    }
    return files
  }

  private static func isDirectory(_ url: URL) -> Bool {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path(percentEncoded: false), isDirectory: &isDirectory)
    return exists && isDirectory.boolValue
  }

  private init(path: String, url: URL, root: String) throws(CatalogError) {
    let display = root + "/" + path
    // Opening a pipe or a device under that name could block or never end.
    let target = url.resolvingSymlinksInPath().path(percentEncoded: false)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
      attributes[.type] as? FileAttributeType == .typeRegular
    else { throw CatalogError(file: display, problem: "is not a file that can be read") }
    let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
    guard size <= Self.largest.count else {
      throw CatalogError(file: display, problem: "is \(Bytes(size)), more than the \(Self.largest) that are read")
    }
    guard let data = FileManager.default.contents(atPath: target) else {
      throw CatalogError(file: display, problem: "cannot be read")
    }
    try self.init(path: path, display: display, data: data)
  }

  /// A file from its bytes.
  init(path: String, display: String, data: Data) throws(CatalogError) {
    guard let text = String(validating: data, as: UTF8.self) else {
      let lines = data.split(separator: 0x0A, omittingEmptySubsequences: false)
      let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
      // Invalid bytes decode to U+FFFD, so that the first one gives the column.
      let column = String(decoding: lines[bad], as: UTF8.self).prefix { $0 != "\u{FFFD}" }.count
      throw CatalogError(file: display, line: bad + 1, column: column + 1, problem: "is not UTF-8")
    }
    self.init(path: path, display: display, text: text)
  }
}
