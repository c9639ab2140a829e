import Catalog
import Compilation
import Evidence
import Foundation
import VisionTransformer

extension CompileQuestion {
  /// A user's own program, read from a file; `-` is standard input.
  ///
  /// - Parameters:
  ///   - partitions: number of cores to divide it over; nil for the number in the program.
  ///   - device: nil for the default one.
  /// - Throws: `AnswerError`: bad data for a module that cannot be compiled as it is, with what to export instead.
  package init(file path: String, partitions: Int?, device: String?, limit: Bytes?, _ catalog: Catalog)
    throws(AnswerError)
  {
    do throws(ConfigurationError) {
      let device = try catalog.device(named: device ?? Configuration.Defaults.device)
      let bytes = try Self.bytes(of: path), program: CompileProgram
      do throws(ProgramError) {
        program = try CompileProgram(reading: bytes, partitions: partitions)
      } catch {
        if case .partitionsAgainstModule(let given, _, _) = error {
          throw ConfigurationError(key: "partitions", value: "\(given)", rule: "\(error)")
        }
        throw ConfigurationError(key: "", value: path == "-" ? "standard input" : path, rule: "\(error)")
      }
      try self.init(program, name: path, device: device, limit: limit)
    } catch {
      // Errors in the text itself are not attributed to an option.
      throw error.key.isEmpty ? AnswerError(.badData, "\(error.value): \(error.rule)") : AnswerError(error)
    }
  }

  private static func bytes(of path: String) throws(ConfigurationError) -> [UInt8] {
    guard let file = FileHandle(forReadingAtPath: path == "-" ? "/dev/stdin" : path), let data = try? file.readToEnd(),
      !data.isEmpty
    else {
      throw ConfigurationError(
        key: "program", value: path, rule: "it must be a file that can be read and holds a StableHLO module")
    }
    return Array(data)
  }
}
