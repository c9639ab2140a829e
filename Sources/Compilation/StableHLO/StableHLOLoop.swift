/// A `while` over the numbers 0 to `count` - 1 that carries tensors.
///
/// Everything that its body reads from outside is carried too, as in JAX, so that the body is self-contained.
struct StableHLOLoop {
  /// Prefix of the names of carried tensors.
  var prefix: String
  /// Number of iterations.
  var count: Int
  /// The carried tensors on entry, without the counter, which comes before them.
  var initial: [StableHLOTensor] = []

  /// The counter within the body.
  var counter: StableHLOTensor { StableHLOTensor(name: "%\(prefix)i", type: StableHLOType([], .int32)) }

  /// Carries a tensor, and returns it as it is named in the body.
  mutating func carry(_ tensor: StableHLOTensor) -> StableHLOTensor {
    initial.append(tensor)
    return StableHLOTensor(name: "%\(prefix)\(initial.count - 1)", type: tensor.type)
  }

  /// The tensor that leaves the loop in the position of `initial[index]`, known before the loop is written.
  func result(_ index: Int, _ type: StableHLOType) -> StableHLOTensor {
    StableHLOTensor(name: "%\(prefix)#\(index + 1)", type: type)
  }

  /// Writes the loop.
  ///
  /// - Parameters:
  ///   - body: Lines of the body.
  ///   - next: The body's new value of each carried tensor.
  func write(_ body: String, next: [StableHLOTensor], to writer: inout StableHLOWriter) {
    let integer = "tensor<i32>"
    let one = "dense<1> : \(integer)"
    let types = ([integer] + initial.map(\.type.text)).joined(separator: ", ")
    let start = writer.scalar(0, .int32)
    let seen = [counter.name] + initial.indices.map { "%\(prefix)\($0)" }
    let block = zip(seen, [integer] + initial.map(\.type.text)).map { "\($0): \($1)" }.joined(separator: ", ")
    var text = "    %\(prefix):\(initial.count + 1) = \"stablehlo.while\"("
    text += ([start.name] + initial.map(\.name)).joined(separator: ", ") + ") ({\n    ^bb0(\(block)):\n"
    text += "      %last = \"stablehlo.constant\"() {value = dense<\(count)> : \(integer)} : () -> \(integer)\n"
    text += "      %goes = \"stablehlo.compare\"(\(counter.name), %last) "
    text += "{comparison_direction = #stablehlo<comparison_direction LT>, "
    text += "compare_type = #stablehlo<comparison_type SIGNED>} : (\(integer), \(integer)) -> tensor<i1>\n"
    text += "      \"stablehlo.return\"(%goes) : (tensor<i1>) -> ()\n    }, {\n    ^bb0(\(block)):\n"
    text += body
    text += "      %step = \"stablehlo.constant\"() {value = \(one)} : () -> \(integer)\n"
    text += "      %next = \"stablehlo.add\"(\(counter.name), %step) : (\(integer), \(integer)) -> \(integer)\n"
    text += "      \"stablehlo.return\"(" + (["%next"] + next.map(\.name)).joined(separator: ", ")
    text += ") : (\(types)) -> ()\n    }) : (\(types)) -> (\(types))"
    writer.raw(text)
  }
}
