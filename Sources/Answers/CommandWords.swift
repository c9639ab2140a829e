import Catalog
import VisionTransformer

/// A word quoted for a shell if it contains more than letters, digits and harmless characters.
package func shellWord(_ word: String) -> String {
  let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%")
  guard word.isEmpty || !word.allSatisfy(plain.contains) else { return word }
  return "'" + word.replacing("'", with: "'\\''") + "'"
}

extension Configuration {
  /// The arguments that ask about this configuration: the shape, then every option in which it differs from `usual`,
  /// the defaults of the command.
  package func commandWords(_ catalog: Catalog, usual: Configuration) -> [String] {
    var words: [String] = []
    if let shapeName, (try? catalog.shape(named: shapeName)) == shape, shapeName.unicodeScalars.allSatisfy(\.isVisible)
    {
      words.append(shapeName)
    } else {
      words += ShapeKey.allCases.flatMap { ["--" + $0.rawValue.optionName, "\(shape[$0])"] }
    }
    for key in Key.allCases {
      if let value = option(key), value != usual.option(key) { words += ["--" + key.rawValue.optionName, value] }
    }
    return words
  }

  /// The value of an option; nil if the option is not needed.
  private func option(_ key: Key) -> String? {
    switch key {
    case .shape: nil
    case .device: device
    case .batch: "\(batch)"
    case .imageSize: "\(imageSize)"
    case .head: head.rawValue
    case .classes: "\(classes)"
    case .optimizer: optimizer.rawValue
    case .precision: precision.rawValue
    case .gradientClipping: gradientClipping.rawValue
    case .rematerialization: rematerialization.rawValue
    case .layers: layers.rawValue
    case .dataParallel: "\(dataParallel)"
    case .memoryLimit: memoryLimit?.exactText
    case .compiler: compiler
    }
  }
}

extension Bytes {
  /// The count, to the byte, in the largest unit that divides it: `8GiB`, `15854MiB`, `16000000001B`.
  var exactText: String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where count % size == 0 {
      return "\(count / size)\(unit)"
    }
    return "\(count)B"
  }
}

extension String {
  /// The option for a key of the contract: `image-size` for `imageSize`.
  package var optionName: String {
    var name = ""
    for character in self { name += character.isUppercase ? "-" + character.lowercased() : String(character) }
    return name
  }
}
