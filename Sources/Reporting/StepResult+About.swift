import TrainingStep
import VisionTransformer

extension StepResult {
  /// The line below a verdict: the shape's numbers if its name does not give them, its parameters by part, and every
  /// setting.
  ///
  /// - Parameter device: The device that images are counted for; nil if unknown.
  func about(on device: Device?) -> String {
    let configuration = configuration
    let summary = configuration.summary(on: device, isMeasured: evidence == .measured)
    let shape = configuration.shapeName == nil ? "" : "\(configuration.shape): "
    let parameters = ParameterCount.text(parameterCount) + " parameters"
    guard let parts = ParameterParts(configuration, total: parameterCount) else {
      return shape
        + "\(parameters), \(summary), \(counted(configuration.classes, "class", many: "classes"))"
    }
    var terms = [ParameterCount.part(parts.body) + " body"]
    if parts.head > 0 { terms.append("\(ParameterCount.part(parts.head)) \(configuration.head.title)") }
    let classes = counted(configuration.classes, "class", many: "classes")
    terms.append("\(ParameterCount.part(parts.classifier)) classifier of \(classes)")
    return shape + "\(parameters) (\(terms.joined(separator: " + "))), \(summary)"
  }
}

extension ParameterCount {
  /// `1848 M`, `85.6 M`, `7.1 M`, `22,000`: a term of a sum, with the digits of the sum.
  static func part(_ count: Int) -> String {
    let millions = Double(count) / 1e6
    return millions < 0.1 ? grouped(count) : fixed(millions, digits: millions >= 100 ? 0 : 1) + " M"
  }
}
