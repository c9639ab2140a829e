import Catalog
import VisionTransformer

extension GivenSetting {
  /// The word for every TPU of the catalog.
  private static let all = "all"

  /// The devices as written, of a list or alone.
  private var writtenDevices: [String] {
    device?.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingBlanks } ?? []
  }

  /// Whether several devices are asked for: `all`, or a list.
  package var asksSeveralDevices: Bool { writtenDevices.count > 1 || writtenDevices.contains(Self.all) }

  /// The setting once for each device, in the given order; `all` stands for the TPUs of the catalog. A host is one
  /// machine, and is named where it is wanted.
  ///
  /// - Throws: `AnswerError` for a device that stands twice and for an unknown one.
  func perDevice(_ context: AnswerContext) throws(AnswerError) -> [GivenSetting] {
    guard device != nil else { return [self] }
    var settings: [GivenSetting] = [], firsts: [String: String] = [:]
    for written in writtenDevices {
      let names = written == Self.all ? context.catalog.devices.filter { !$0.device.isHost }.map(\.name) : [written]
      for name in names {
        var own = Configuration.Setting(), setting = self
        setting.device = name
        setting.compiler = nil
        do { try setting.apply(to: &own, context.catalog, understood: { _ in }) } catch { throw AnswerError(error) }
        // A slice is another number of the same device.
        let place = own.device + (setting.dataParallel == nil ? " of \(own.dataParallel)" : "")
        if firsts.updateValue(name, forKey: place) != nil {
          throw AnswerError(
            ConfigurationError(
              key: Configuration.Key.device.rawValue, value: "\(LooseValue.string(name))",
              rule: "stands there already" + (own.device == name ? "" : ", as \(own.device)")))
        }
        setting.compiler = compiler
        settings.append(setting)
      }
    }
    return settings
  }
}

extension Substring {
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
