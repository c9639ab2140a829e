import Evidence
import Foundation
import Reporting
import Testing
import VisionTransformer

@testable import Catalog
@testable import Compilation
@testable import ShapefinderCommands

/// Every byte string of the corpus is given to every reader: the answer is a value or a meaningful error, and the
/// process survives.
@Suite struct HostileBytesTests {
  private static let catalog = Result { try Catalog.bundled() }

  @Test(arguments: HostileBytes.all) func readersAnswerOrThrow(input: HostileBytes) throws {
    let catalog = try Self.catalog.get(), bytes = input.bytes
    let reader = ConfigurationReader(directory: catalog)
    expectWords { () throws(ConfigurationError) in
      try reader.configuration(bytes).validated()
    } in: {
      $0.rule
    }
    expectWords { () throws(ConfigurationError) in
      try reader.result(bytes)
    } in: {
      $0.rule
    }
    expectWords { () throws(CatalogError) in
      try ModelFile(bytes, name: "x", catalog: catalog)
    } in: {
      "\($0)"
    }
    for path in ["grids/x.yaml", "devices/x.yaml", "calibrations/x.yaml", "names.yaml", "vit.yaml"] {
      expectWords {
        try Catalog(files: [CatalogFile(path: path, display: "x", data: Data(bytes))])
      } in: {
        "\($0)"
      }
    }
    expectWords {
      try CompileReport(json: String(decoding: bytes, as: UTF8.self))
    } in: {
      "\($0)"
    }
    expectWords {
      try TrialReport(json: String(decoding: bytes, as: UTF8.self))
    } in: {
      "\($0)"
    }
    for format in ["hlo", "hlo_with_config", ""] {
      expectWords {
        let module = try HLOModule(format: format, bytes: bytes)
        _ = (PeakReading(module), ScheduleReading(module))
      } in: {
        "\($0)"
      }
    }
    var log = CompilerLog()
    for line in bytes.split(separator: UInt8(ascii: "\n")) { log.take(Array(line)) }
    _ = log
    let text = String(decoding: bytes, as: UTF8.self)
    expectWords { () throws(SizeError) in
      try Bytes(parsing: text)
    } in: {
      $0.rule
    }
    expectWords { () throws(GridSyntaxError) in
      try Grid.Axis(parsing: text)
    } in: {
      $0.problem
    }
    expectWords { () throws(GridSyntaxError) in
      try Grid.Bounds(parsing: text)
    } in: {
      $0.problem
    }
    _ = (OutOfMemory(message: text), NamedValue(parsing: text))
  }

  /// A value, or an error with words.
  private func expectWords<Value, Failure: Error>(
    _ read: () throws(Failure) -> Value, in words: (Failure) -> String, _ place: SourceLocation = #_sourceLocation
  ) {
    do { _ = try read() } catch { #expect(!words(error).isEmpty, sourceLocation: place) }
  }

  /// The same through the program: a known exit code, nothing raw on the terminal's side, and not a store harmed.
  @Test(arguments: HostileBytes.all) func commandsAnswerOrRefuse(input: HostileBytes) throws {
    let program = try Program()
    defer { program.remove() }
    for name in ["x.json", "x.sqlite", "x.mlir"] { try program.write(name, input.bytes) }
    try FileManager.default.createDirectory(
      at: program.folder.appending(path: "mine/grids"), withIntermediateDirectories: true)
    try program.write("mine/grids/x.yaml", input.bytes)
    for (arguments, codes) in [
      (["check", "--configurations", "-", "--no-store"], [0, 65]),
      (["check", "--configurations", "-", "--no-store", "--format", "table"], [0, 65]),
      (["runs", "import", "-", "--store", "new.sqlite"], [0, 65]),
      (["check", "x.json", "--no-store"], [0, 3, 64, 65]),
      (["grids", "--catalog", "mine"], [0, 65]),
      (["runs", "list", "--store", "x.sqlite"], [0, 1, 65]),
      (["compile", "--program", "x.mlir", "--no-store", "--memory", "--plugin", "none.so"], [64, 65, 69]),
    ] as [([String], [Int32])] {
      let answer = try program.run(arguments, bytes: input.bytes)
      #expect(codes.contains(answer.status), "\(arguments): \(answer.status) \(answer.errors.prefix(400))")
      #expect(answer.status == 0 || !answer.errors.isEmpty || !answer.output.isEmpty, "\(arguments)")
      #expect(answer.errors.unicodeScalars.allSatisfy { $0 == "\n" || $0.isVisible }, "\(arguments): \(answer.errors)")
      #expect(answer.errors.utf8.count < 1 << 16, "\(arguments)")
    }
    #expect(try program.text("x.sqlite", is: input.bytes))
  }
}

extension Program {
  /// Whether a file of the folder still has these bytes.
  fileprivate func text(_ name: String, is bytes: [UInt8]) throws -> Bool {
    try Data(contentsOf: folder.appending(path: name)) == Data(bytes)
  }
}
