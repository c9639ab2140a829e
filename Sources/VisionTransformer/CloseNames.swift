/// The known names closest to `word`, best first: those that differ only by case, then those within a few edits.
///
/// Names compare case-sensitively everywhere, so a wrong case is the likeliest slip: `ViT-G/14` and `ViT-g/14` are two
/// shapes.
public func closeNames(to word: String, among known: [String], limit: Int = 4) -> [String] {
  guard !word.isEmpty, word.unicodeScalars.count <= 64 else { return [] }
  let folded = word.lowercased()
  // In a name of one or two letters every other such name is one edit away, so only a difference in case is worth
  // suggesting.
  let allowed = word.count / 3
  let ranked = known.compactMap { name -> (name: String, distance: Int)? in
    let distance = editDistance(folded, name.lowercased())
    return distance <= allowed ? (name, distance) : nil
  }
  return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
}

/// `; did you mean "ViT-G/14" or "ViT-g/14"?`, or an empty string if no name is close.
public func didYouMean(_ names: [String]) -> String {
  guard let last = names.last else { return "" }
  let quoted = names.dropLast().map { "\"\($0)\"" }.joined(separator: ", ")
  return "; did you mean " + (quoted.isEmpty ? "" : quoted + " or ") + "\"\(last)\"?"
}
