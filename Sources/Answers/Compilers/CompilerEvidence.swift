import Catalog
import Estimation
import Foundation
import Reporting
import VisionTransformer

/// Evidence of other compilers than the one that a device's model was made for: what lets an answer speak for one.
package struct CompilerEvidence {
  /// Fewest answers of a compiler for which an estimate speaks: from so many on, the next one is outside their range
  /// with a chance of a fifth at most.
  static let fewest = 9

  /// The rows by version, in order.
  package let versions: [(version: String, rows: [Comparison])]

  /// The evidence for a device among `files`.
  ///
  /// - Parameter files: paths and texts.
  /// - Throws: `CatalogError` for a line that is no evidence.
  init(
    of device: Device, in files: [(path: String, text: String)], _ catalog: Catalog
  ) throws(CatalogError) {
    let own = device.compilerVersion, estimator = Estimator(device: device)
    var found: [String: [Comparison]] = [:]
    for (path, text) in files {
      // Nearly all lines are of the device's own compiler, and are not parsed.
      let lines = text.utf8.split(separator: 0x0A).filter { line in
        own.map { !line.contains(Array("\"libtpu \($0),".utf8)) && !line.contains(Array("\"libtpu \($0)\"".utf8)) }
          ?? true
      }
      guard !lines.isEmpty else { continue }
      let file = try EvidenceFile(
        name: path, display: path, data: Data(lines.joined(separator: [0x0A])), directory: catalog)
      for row in file.rows where row.evidence.configuration.device == device.name {
        guard let version = row.evidence.compilerVersion, version != own else { continue }
        found[version, default: []].append(Comparison(row.evidence, by: estimator))
      }
    }
    versions = found.sorted { $0.key.compare($1.key, options: .numeric) == .orderedAscending }.map {
      ($0.key, $0.value)
    }
  }

  /// The versions with enough evidence.
  private var known: [String] { versions.filter { Self.ratios($0.rows).count >= Self.fewest }.map(\.version) }

  /// The observed live peaks over the estimated, of rows that are not held out.
  private static func ratios(_ rows: [Comparison]) -> [Double] {
    rows.compactMap { row in
      guard row.evidence.label != .heldOut, row.estimate.caveat?.makesNoClaim != true else { return nil }
      return row[.livePeak].map { $0.observed / $0.estimated }
    }
  }

  /// `device`, its verdicts speaking for another compiler: every range of its uncertain band reaches as far as that
  /// compiler's live peaks lie from the estimates.
  ///
  /// - Throws: `ConfigurationError` with the versions that there is evidence of.
  func device(_ device: Device, speakingFor version: String) throws(ConfigurationError) -> Device {
    guard case .tpu(var tpu) = device.kind else {
      throw Self.refusal(version, "is for TPUs: \(device.name) runs this package's own kernels; leave it out")
    }
    let own = device.compilerVersion
    if version == own { return device }
    let ratios = versions.first { $0.version == version }.map { Self.ratios($0.rows) } ?? []
    guard ratios.count >= Self.fewest, let first = ratios.min(), let last = ratios.max() else {
      let choices = [own].compactMap(\.self) + known
      throw Self.refusal(
        version,
        (choices.isEmpty
          ? "no compiler's answers for \(device.name) are known yet: leave it out"
          : "estimates for \(device.name) speak for " + choices.joined(separator: ", "))
          + "; `shapefinder compile --plugin \(excerpt(of: version))` asks that compiler itself")
    }
    tpu.uncertainBand = UncertainBand(
      sharing: tpu.uncertainBand, Dictionary(uniqueKeysWithValues: UncertainBand.Regime.allCases.map { ($0, ratios) }))
    tpu.compilerNote =
      "the model is that of \(tpu.compiler ?? "another compiler"); \(ratios.count) live peaks of libtpu \(version) are "
      + "\(percent(first - 1, digits: 2, signed: true)) to \(percent(last - 1, digits: 2, signed: true)) from it, which the "
      + "verdict allows for"
    tpu.compiler = "libtpu \(version)"
    var device = device
    device.kind = .tpu(tpu)
    return device
  }

  private static func refusal(_ version: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(
      key: Configuration.Key.compiler.rawValue, value: "\(LooseValue.string(version))", rule: rule)
  }
}

extension Catalog {
  /// The device of a setting, speaking for the compiler that it asks for.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are, or the compilers that there is evidence of.
  package func device(of setting: Configuration.Setting) throws(ConfigurationError) -> Device {
    let device = try device(named: setting.device)
    guard let version = setting.compiler else { return device }
    let evidence: CompilerEvidence
    do throws(CatalogError) {
      evidence = try CompilerEvidence(of: device, in: EmbeddedEvidence.files.map { ($0.path, $0.text) }, self)
    } catch {
      throw ConfigurationError(key: Configuration.Key.compiler.rawValue, value: "\"\(version)\"", rule: "\(error)")
    }
    return try evidence.device(device, speakingFor: version)
  }
}

extension Device {
  /// Version of the compiler that its model was made for; nil for a host, and for a TPU not yet held against one.
  var compilerVersion: String? {
    guard case .tpu(let tpu) = kind else { return nil }
    return tpu.compiler.flatMap(CompilerVersion.read)
  }
}

extension ObservedEvidence {
  /// Version of the compiler that answered; nil if its name has none.
  var compilerVersion: String? { CompilerVersion.read(compiler) }
}
