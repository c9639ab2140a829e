import Catalog
import Evidence
import VisionTransformer

extension ResultScanner {
  /// The result of a line without its line break.
  ///
  /// - Throws: `ConfigurationError`.
  mutating func result(
    _ line: UnsafeRawBufferPointer, _ reader: ConfigurationReader
  ) throws(ConfigurationError) -> StepResult {
    try result(line) { line throws(ConfigurationError) in try reader.result(line) }
  }

  /// The result of a line without its line break.
  ///
  /// - Throws: `ConfigurationError`.
  mutating func result(_ line: [UInt8], _ reader: ConfigurationReader) throws(ConfigurationError) -> StepResult {
    let read = line.withUnsafeBytes { line in
      Result { () throws(ConfigurationError) in try result(line, reader) }
    }
    return try read.get()
  }
}

extension EvidenceLine {
  /// Reads one line of many, in whatever form its JSON is; nil if it is neither a result nor a failure.
  ///
  /// - Parameter memory: what the line before had.
  static func read(
    _ line: UnsafeRawBufferPointer, _ memory: inout Memory, _ reader: ConfigurationReader
  ) -> EvidenceLine? {
    read(line, &memory) { try? reader.result($0) }
  }
}
