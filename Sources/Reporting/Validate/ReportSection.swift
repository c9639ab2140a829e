import Evidence
import VisionTransformer

/// A part of a report: a table that is drawn for people and written as an array of objects for machines, from one
/// description.
struct ReportSection: Sendable {
  /// A value as people and as machines read it.
  struct Cell: Sendable {
    var text: Styled
    var value: MachineValue

    /// A cell.
    init(_ text: Styled, _ value: MachineValue) {
      self.text = text
      self.value = value
    }

    /// Text.
    static func text(_ text: String, _ style: Style = .plain) -> Cell { Cell(Styled(text, style), .text(text)) }
    /// A count.
    static func count(_ count: Int, _ style: Style = .plain) -> Cell {
      Cell(Styled(grouped(count), style), .integer(count))
    }
    /// A fraction as a percentage; a dash if it is unknown.
    static func percent(_ fraction: Double?, signed: Bool = false) -> Cell {
      Cell(
        Styled(fraction.map { Reporting.percent($0, digits: 2, signed: signed) } ?? "–"),
        .optional(fraction))
    }
    /// Bytes.
    static func bytes(_ bytes: Bytes) -> Cell { Cell(Styled(bytes.description), .bytes(bytes)) }
  }

  /// A column.
  struct Column: Sendable {
    var key: String
    var title: String
    var alignment = Alignment.left
    var rank = Table.Rank.fact

    init(_ key: String, _ title: String, _ alignment: Alignment = .left, rank: Table.Rank = .fact) {
      self.key = key
      self.title = title
      self.alignment = alignment
      self.rank = rank
    }
  }

  /// Key in JSON.
  var key: String
  /// Heading.
  var title: String
  /// What the table says, for people.
  var note = ""
  /// The columns.
  var columns: [Column]
  /// The rows; each has a cell for every column.
  var rows: [[Cell]]

  /// The section for people; empty without rows.
  func lines(for terminal: Terminal) -> [Styled] {
    guard !rows.isEmpty else { return [] }
    let table = Table(
      columns: columns.map { Table.Column($0.title, $0.alignment, rank: $0.rank) },
      rows: rows.map { $0.map(\.text) })
    let note = note.isEmpty ? [] : wrap(note, width: terminal.columns).map { Styled($0, .dim) }
    return ["", Styled(title, .bold)] + note + table.lines(for: terminal)
  }

  /// The table in Markdown.
  var markdown: MarkdownTable {
    MarkdownTable(
      columns.map(\.title), numbers: Set(columns.indices.filter { columns[$0].alignment == .right }),
      rows: rows.map { $0.map(\.text.plain) })
  }

  /// Writes the section as a member of an object.
  func write(to writer: inout JSONWriter) {
    writer.key(key)
    writer.beginArray()
    for row in rows {
      writer.beginObject()
      for (column, cell) in zip(columns, row) {
        writer.key(column.key)
        writer.value(cell.value)
      }
      writer.endObject()
    }
    writer.endArray()
  }
}
