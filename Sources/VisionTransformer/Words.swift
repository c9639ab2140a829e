/// A whole number with a comma between groups of three digits: `29,593`.
public func grouped(_ value: Int) -> String {
  let digits = Array(String(value.magnitude))
  var result = value < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { result += "," }
    result.append(digit)
  }
  return result
}

/// `1 configuration`, `29,593 configurations`; `many` is the plural if it is not the noun with an s.
public func counted(_ count: Int, _ noun: String, many: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? noun : many ?? noun + "s")"
}

/// `1 image`, `1,024 images`.
public func images(_ count: Int) -> String { counted(count, "image") }

/// The message for a value that breaks a rule: `batch: 0 is not valid: must be between 1 and 1048576`.
///
/// A rule that is itself a predicate follows the value directly: `shape: "ViT-X/14" is not a known shape`. A rule about
/// the key leaves the value out: `batches is not a known key`.
public func notValid(_ key: String?, _ value: String, _ rule: String) -> String {
  if let key, value == ConfigurationError.noValue || rule.hasPrefix(ConfigurationError.unknownKey) {
    return "\(key) \(rule)"
  }
  let place = key.map { $0 + ": " } ?? ""
  let isPredicate = ["is ", "has ", "needs ", "stands ", "contradicts "].contains { rule.hasPrefix($0) }
  // Without a key, `rule` may be a reason rather than a rule, such as why a compile failed.
  let isRule = key != nil || rule.hasPrefix("must ")
  return place + value + (isPredicate ? " " : isRule ? " is not valid: " : ": ") + rule
}
