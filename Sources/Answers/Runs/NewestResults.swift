import VisionTransformer

extension Sequence<StepResult> {
  /// The last result of each configuration, whatever its shape is called, in the order in which the configurations first
  /// occur.
  var newest: [StepResult] {
    var places: [Configuration: Int] = [:], newest: [StepResult] = []
    for result in self {
      let key = result.configuration.unnamed
      if let place = places[key] {
        newest[place] = result
      } else {
        places[key] = newest.count
        newest.append(result)
      }
    }
    return newest
  }
}
