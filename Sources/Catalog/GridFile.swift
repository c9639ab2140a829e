import VisionTransformer

/// A grid of the catalog.
public struct GridFile: Sendable, Hashable {
  /// The keys of a grid file.
  public enum Key: String, CaseIterable, Sendable {
    case summary, source, aliases, axes, fixed, settings, constraints, mark
  }

  /// Name, such as `figure8`.
  public let name: String
  /// Other names, in lower case.
  public let aliases: [String]
  /// One line for people.
  public let summary: String
  /// Where the grid comes from.
  public let source: String
  /// The grid.
  public let grid: Grid

  /// Reads a grid file; the grid takes the file's name.
  ///
  /// - Throws: `CatalogError`.
  init(_ file: CatalogFile, directory: any ShapeDirectory) throws(CatalogError) {
    let fields = try YAMLMapping<Key>(YAMLNode(parsing: file))
    let base = try Self.template(
      fields[.fixed], of: fields.node, path: "fixed.", over: Configuration.Setting(), directory: directory)
    name = file.name
    aliases = try fields.texts(.aliases).map { $0.lowercased() }
    summary = try fields.text(.summary)
    source = try fields.text(.source)
    let settings = try Self.settings(fields, base: base, directory: directory)
    let axesNode = try fields.required(.axes)
    let axes = try Self.axes(axesNode)
    let constraints = try Self.constraints(fields[.constraints])
    do {
      var grid = try Grid(axes: axes, settings: settings, constraints: constraints)
      grid.marks = try Self.marks(fields, grid: grid, directory: directory)
      self.grid = grid
    } catch let error as ConfigurationError {
      let axis = axesNode.value(of: error.key)
      throw (axis ?? axesNode).error(axis == nil ? "\(error)" : "axes.\(error)")
    } catch let error as CatalogError {
      throw error
    } catch {
      throw axesNode.error("\(error)")
    }
  }
}

extension YAMLNode {
  /// The value of a key of a mapping.
  func value(of key: String) -> YAMLNode? {
    guard case .mapping(let pairs) = content else { return nil }
    return pairs.first { $0.key.text == key }?.value
  }
}

// MARK: Axes and constraints

extension GridFile {
  private static func axes(_ node: YAMLNode) throws(CatalogError) -> Grid.Axes {
    let fields = try YAMLMapping<Grid.Key>(node, path: "axes.")
    func axis(_ key: Grid.Key) throws(CatalogError) -> Grid.Axis { try Self.axis(fields, key) }
    var axes = Grid.Axes(
      depth: try axis(.depth), width: try axis(.width), heads: try axis(.heads), mlpWidth: try axis(.mlpWidth),
      patch: try axis(.patch))
    if fields[.batch] != nil { axes.batch = try axis(.batch) }
    if fields[.imageSize] != nil { axes.imageSize = try axis(.imageSize) }
    return axes
  }

  /// One axis: a number, a text, or a list of these, joined and parsed as one text.
  private static func axis(
    _ fields: YAMLMapping<Grid.Key>, _ key: Grid.Key
  ) throws(CatalogError) -> Grid.Axis {
    let node = try fields.required(key)
    let rule = "must be " + Grid.Axis.syntax
    let parts: [YAMLNode]
    switch node.content {
    case .scalar: parts = [node]
    case .list(let nodes): parts = nodes
    case .mapping: throw fields.error(key, node, rule)
    }
    var texts: [String] = []
    for part in parts {
      guard let text = part.text else { throw fields.error(key, part, rule) }
      texts.append(text)
    }
    do {
      return try Grid.Axis(parsing: texts.joined(separator: ","))
    } catch {
      // Translates the offset into the joined text to an offset into one part.
      var offset = error.offset, index = 0
      while index + 1 < texts.count, offset > texts[index].unicodeScalars.count {
        offset -= texts[index].unicodeScalars.count + 1
        index += 1
      }
      guard parts.indices.contains(index) else { throw fields.error(key, node, rule) }
      throw parts[index].error("\(fields.name(key)): " + error.description, at: offset)
    }
  }

  private static func constraints(_ node: YAMLNode?) throws(CatalogError) -> Grid.Constraints {
    var constraints = Grid.Constraints()
    guard let node else { return constraints }
    let fields = try YAMLMapping<Grid.Constraints.Key>(node, path: "constraints.")
    for key in Grid.Constraints.Key.allCases {
      guard let node = fields[key] else { continue }
      guard let text = node.text else { throw fields.error(key, node, "must be bounds such as 32..128") }
      do {
        constraints.bounds[key] = try Grid.Bounds(parsing: text)
      } catch {
        throw node.error("\(fields.name(key)): " + error.description, at: error.offset)
      }
    }
    return constraints
  }

  private static func marks(
    _ fields: YAMLMapping<Key>, grid: Grid, directory: any ShapeDirectory
  ) throws(CatalogError) -> [Grid.Mark] {
    guard let node = fields[.mark] else { return [] }
    guard case .list(let nodes) = node.content else {
      throw fields.error(.mark, node, "must be a list of shape names")
    }
    var marks: [Grid.Mark] = []
    for node in nodes {
      guard let name = node.text else { throw fields.error(.mark, node, "must be the name of a shape") }
      do {
        let shape = try directory.shape(named: name)
        guard grid.contains(shape) else { throw fields.error(.mark, node, "does not lie on the grid: it is \(shape)") }
        marks.append(Grid.Mark(name: directory.canonicalName(ofShape: name), shape: shape))
      } catch let error as ConfigurationError {
        throw node.error("mark: \(error)")
      } catch let error as CatalogError {
        throw error
      } catch {
        throw node.error("mark: \(error)")
      }
    }
    return marks
  }
}

extension YAMLNode {
  /// An error at a number of characters into a single-line scalar.
  func error(_ problem: String, at offset: Int) -> CatalogError {
    guard case .scalar(_, let isPlain) = content else { return error(problem) }
    return CatalogError(file: file, line: line, column: column + offset + (isPlain ? 0 : 1), problem: problem)
  }
}
