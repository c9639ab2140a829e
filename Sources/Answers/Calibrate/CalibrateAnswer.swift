import Catalog
import Estimation
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// The answer to "which constants does this evidence determine, and do estimates become better by them".
package struct CalibrateAnswer {
  /// The question.
  package struct Question: Sendable {
    /// A device's name.
    package var device: String
    /// The groups of constants; empty for all.
    package var groups: Set<ConstantGroup>
    /// Names of constants; empty for all of the groups.
    package var constants: [String]

    /// A question.
    package init(
      device: String = Configuration.Defaults.device, groups: Set<ConstantGroup> = [], constants: [String] = []
    ) {
      self.device = device
      self.groups = groups
      self.constants = constants
    }
  }

  /// The fit.
  package let report: CalibrateReport
  private let context: AnswerContext

  /// Fits constants to what a store knows, or to the evidence that the program carries.
  ///
  /// - Parameters:
  ///   - store: The store; nil for the bundled evidence.
  ///   - progress: Called with the numbers of constants that are settled so far and of all.
  /// - Throws: `AnswerError` for an unknown device, a host, an unknown constant, and if there is no evidence;
  ///   `StoreError`.
  package init(
    _ question: Question, in store: EvidenceStore? = nil, _ context: AnswerContext,
    progress: @escaping (_ settled: Int, _ all: Int) -> Void = { _, _ in }
  ) throws {
    let wanted = try Self.indices(question)
    let device: Device
    do throws(ConfigurationError) {
      device = try context.catalog.device(named: question.device)
    } catch { throw AnswerError(error) }
    guard !device.isHost else {
      throw AnswerError(
        .invalid,
        "\(device.name) is a host, which `shapefinder devices probe` calibrates on the machine itself; calibrate takes a "
          + "TPU")
    }
    let evidence = try EvidenceRows(in: store, context.catalog, device: device.name)
    let origin = excerpt(of: evidence.origin)
    guard !evidence.rows.isEmpty else {
      throw AnswerError(
        .badData, "\(origin) has no row of \(device.name): compile some steps for it first, and give their --store")
    }
    var settled = 0
    let fit = CalibrationFit(evidence.rows, wanted: wanted, device: device) { count in
      settled += count
      progress(settled, wanted.count)
    }
    guard let fit else { throw AnswerError(.invalid, "\(device.name) is not a TPU") }
    report = CalibrateReport(fit, origin: origin, leftOut: evidence.leftOut)
    self.context = context
  }

  /// The positions of the wanted constants in the model's list.
  private static func indices(_ question: Question) throws(AnswerError) -> Set<Int> {
    let names = FittedConstants.names
    let groups = question.groups.isEmpty ? Set(ConstantGroup.allCases) : question.groups
    var wanted = Set(groups.flatMap(\.indices))
    guard !question.constants.isEmpty else { return wanted }
    var named: Set<Int> = []
    for name in question.constants {
      guard let index = names.firstIndex(of: name) else {
        throw AnswerError(
          .invalid, "\(excerpt(of: name)) is not a constant of the model" + suggestion(for: name, among: names))
      }
      guard wanted.contains(index) else {
        throw AnswerError(.invalid, "\(name) is in none of the wanted groups")
      }
      named.insert(index)
    }
    wanted.formIntersection(named)
    return wanted
  }

  /// Checks that something was fitted and that the rows set aside are the better for it; then writes the calibration file,
  /// if a path is given.
  ///
  /// - Parameters:
  ///   - path: The file, or a catalog folder, in which it is `calibrations/<device>.yaml`; nil writes none.
  ///   - force: Writes a fit that makes the held-out error no smaller; the file says so.
  /// - Throws: `AnswerError`, and nothing is written.
  package func write(to path: String?, force: Bool) throws {
    guard !report.fit.constants.isEmpty else {
      throw AnswerError(.badData, "\(report.origin) determines none of the constants")
    }
    let worse = report.fit.worse
    guard worse.isEmpty || force else {
      let better = report.fit.groups.filter { group in
        !group.fitted.isEmpty && !worse.contains { $0.group == group.group }
      }
      let only = better.map { "--only " + $0.group.rawValue }.joined(separator: " ")
      throw AnswerError(
        .failure,
        "the held-out error does not fall by the fit of \(worse.map(\.group.rawValue).joined(separator: " and "))"
          + (path == nil ? "" : ": nothing is written") + (only.isEmpty ? "" : "; it falls with " + only)
          + (path == nil ? "" : "; --force writes it all the same"))
    }
    guard let path else { return }
    let device = report.fit.device.name, target = Self.file(path, device: device)
    let text = CalibrationText(report, catalog: context.catalog, date: context.now()).text
    try CompletedFile.write(text, to: target)
    context.remark(
      "wrote \(target)"
        + (target == path
          ? "; in a catalog folder its name is calibrations/\(device).yaml" : ": --catalog \(path) estimates with it"))
  }

  /// The file that a path means: in a folder, or where nothing is and the name is no file's, `calibrations/<device>.yaml`.
  private static func file(_ path: String, device: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists ? isFolder.boolValue : !path.hasSuffix(".yaml") && !path.hasSuffix(".yml") else { return path }
    return path + (path.hasSuffix("/") ? "" : "/") + "calibrations/\(device).yaml"
  }
}
